import type * as nodeFs from 'node:fs/promises'
import type { ExporterFs } from './faulty-fs.js'

const mounts = new Map<string, ExporterFs>()

/** From now on what lies below `/mounted/<name>` is on this file system, for who imports `node:fs/promises`. */
export function mount(name: string, fs: ExporterFs): string {
  const at = `/mounted/${name}`
  mounts.set(at, fs)
  return at
}

/** What a mock of `node:fs/promises` exports. */
export function withMounts(real: typeof nodeFs): typeof nodeFs {
  const routed =
    (call: keyof ExporterFs) =>
    (...args: unknown[]) => {
      const [path] = args
      const at = /^\/mounted\/[^/]+/.exec(String(path))?.[0]
      const fs = at === undefined ? undefined : mounts.get(at)
      if (!fs) return (real[call] as (...args: unknown[]) => unknown)(...args)
      const inside = args.map((arg) =>
        typeof arg === 'string' && `${arg}/`.startsWith(`${at}/`) ? arg.slice(at?.length) : arg,
      )
      const result = (fs[call] as (...args: unknown[]) => unknown)(...inside)
      // The first folder that was made, by its name out here.
      return call === 'mkdir'
        ? (result as Promise<string | undefined>).then((first) => first && `${at}${first}`)
        : result
    }
  const calls = [
    'appendFile',
    'link',
    'lstat',
    'mkdir',
    'open',
    'opendir',
    'rename',
    'rmdir',
    'stat',
    'unlink',
  ] as const
  return { ...real, ...Object.fromEntries(calls.map((call) => [call, routed(call)])) }
}
