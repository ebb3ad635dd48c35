import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * A package that the application has installed, loaded now; undefined if there is none. Packages that few users need are loaded this
 * way, so that they cost the others nothing. It is looked for from the given folders, from that of the main script, and from the
 * working directory.
 */
export function loadInstalled(name: string, folders: readonly string[] = []): unknown {
  const main = process.argv[1]
  for (const from of [
    ...folders.map((one) => join(one, 'x')),
    ...(main ? [main] : []),
    join(process.cwd(), 'x'),
  ]) {
    const require = createRequire(from)
    try {
      require.resolve(name)
    } catch {
      continue
    }
    return require(name)
  }
  return undefined
}
