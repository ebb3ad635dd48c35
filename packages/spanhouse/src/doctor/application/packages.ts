import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Remedy } from '../remedy.js'

/** The part of an installed package's manifest that is read. */
export interface Installed {
  readonly folder: string
  readonly version: string
  readonly peers: Readonly<Record<string, string>>
  readonly dependencies: readonly string[]
}

/** The package that a file in `folder` would load; undefined if there is none. */
export function installed(folder: string, name: string): Installed | undefined {
  for (const above of foldersAbove(folder)) {
    const found = manifestIn(join(above, 'node_modules', name))
    if (found) return found
  }
  return undefined
}

export function manifestIn(folder: string): Installed | undefined {
  try {
    const manifest = Object(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')))
    return {
      folder: realpathSync(folder),
      version: String(manifest.version ?? ''),
      peers: Object(manifest.peerDependencies),
      dependencies: Object.keys({
        ...manifest.dependencies,
        ...manifest.devDependencies,
        ...manifest.optionalDependencies,
      }),
    }
  } catch {
    return undefined
  }
}

/** The manifest of the application that the folder belongs to. */
export function application(cwd: string): Installed | undefined {
  for (const above of foldersAbove(cwd)) {
    const found = manifestIn(above)
    if (found) return found
  }
  return undefined
}

/** Without folders of packages, only Yarn knows where they are. */
export function hasPlugAndPlay(cwd: string): boolean {
  return [...foldersAbove(cwd)].some((folder) => existsSync(join(folder, '.pnp.cjs')))
}

// More than any application has; a folder that links to itself must end too.
const MAX_FOLDERS = 20_000

/** Every copy of a package below the application's `node_modules`, those of pnpm's store too, by its real folder. */
export async function copiesOf(name: string, cwd: string): Promise<Installed[]> {
  const copies = new Map<string, Installed>()
  const waiting = [...foldersAbove(cwd)].map((folder) => join(folder, 'node_modules'))
  for (let seen = 0; seen < MAX_FOLDERS; seen++) {
    const modules = waiting.pop()
    if (modules === undefined) break
    const found = manifestIn(join(modules, name))
    if (found) copies.set(found.folder, found)
    for (const inside of await foldersIn(modules)) {
      const isScope = inside.startsWith('@')
      if (inside === '.pnpm')
        for (const one of await foldersIn(join(modules, inside)))
          waiting.push(join(modules, inside, one, 'node_modules'))
      else if (isScope)
        for (const one of await foldersIn(join(modules, inside)))
          waiting.push(join(modules, inside, one, 'node_modules'))
      else waiting.push(join(modules, inside, 'node_modules'))
    }
  }
  return [...copies.values()]
}

/** The real folders in a folder: links lead to packages that are found at their own place. */
async function foldersIn(path: string): Promise<string[]> {
  const names: string[] = []
  try {
    for await (const entry of await opendir(path)) if (entry.isDirectory()) names.push(entry.name)
  } catch {
    // There is none, or it may not be read.
  }
  return names
}

function* foldersAbove(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at
    if (at === dirname(at)) return
  }
}

const MANAGERS = [
  ['pnpm-lock.yaml', 'pnpm', 'add'],
  ['yarn.lock', 'yarn', 'add'],
  ['bun.lock', 'bun', 'add'],
  ['bun.lockb', 'bun', 'add'],
  ['package-lock.json', 'npm', 'install'],
] as const

/** Installs packages with the package manager that the application uses. */
export function install(cwd: string, ...names: string[]): Remedy {
  const folder = application(cwd)?.folder ?? cwd
  for (const above of foldersAbove(folder)) {
    const used = MANAGERS.find(([lockfile]) => existsSync(join(above, lockfile)))
    if (used)
      return { kind: 'program', program: used[1], args: [used[2], ...names], folder, isSafe: true }
  }
  return { kind: 'program', program: 'npm', args: ['install', ...names], folder, isSafe: true }
}
