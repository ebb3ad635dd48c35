import type * as nodeFs from 'node:fs/promises'
import type { ExporterFs } from './faulty-fs.js'

const mounts = new Map<string, ExporterFs>()

/** From now on, paths below `/mounted/<name>` are on this file system for code that uses the functions of `withMounts()`. */
export function mount(name: string, fs: ExporterFs): string {
  const at = `/mounted/${name}`
  mounts.set(at, fs)
  return at
}

/** The functions of `node:fs/promises`, for files of mounted file systems too. */
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
      // The first folder that was made, by its path outside the mount.
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
