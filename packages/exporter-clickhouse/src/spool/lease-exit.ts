import { unlinkSync } from 'node:fs'
import { withoutTracing } from '../common/suppress-tracing.js'

type Files = () => readonly string[]

// One listener for the whole process, shared by all versions of this package that it has loaded.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.lease-exit')

/**
 * Removes these files when the process ends without closing its spools (`process.exit()`, an uncaught error), so that the next process
 * need not wait until the leases are old. Returns a function that cancels this.
 */
export function releaseAtExit(files: Files): () => void {
  const registered = registry()
  registered.add(files)
  return () => {
    registered.delete(files)
  }
}

function registry(): Set<Files> {
  const shared = globalThis as { [KEY]?: Set<Files> }
  if (shared[KEY]) return shared[KEY]
  const registered = new Set<Files>()
  shared[KEY] = registered
  process.on('exit', () => {
    for (const files of registered)
      for (const file of files())
        try {
          withoutTracing(() => unlinkSync(file))
        } catch {
          // The lease will be old after a while.
        }
  })
  return registered
}
