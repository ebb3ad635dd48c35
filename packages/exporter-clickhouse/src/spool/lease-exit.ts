import { unlinkSync } from 'node:fs'
import { withoutTracing } from '../common/suppress-tracing.js'

type Files = () => readonly string[]

// One listener for every version of this package that the process has loaded.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.lease-exit')

/**
 * Removes these files when the process ends without having closed its spools (`process.exit()`, an
 * uncaught error), so that the next one need not wait for the leases to grow old. Returns the way to
 * take it back.
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
          // It grows old by itself.
        }
  })
  return registered
}
