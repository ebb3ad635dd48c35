import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { applicationFolders, load as loadFile, moduleFrom } from '../common/application-modules.js'
import { OWN_FILE } from './own-file.js'

/** A package that is installed. */
export interface Found {
  readonly name: string
  /** The file that `require()` of the package loads. */
  readonly path: string
}

/**
 * Looks for a package in the application's folders, then beside this package, then through the given packages: some package managers
 * put a dependency where only the package that depends on it finds it.
 */
export function find(name: string, through: readonly Found[] = []): Found | undefined {
  const places = applicationFolders().map((folder) => join(folder, 'any.js'))
  for (const place of [...places, OWN_FILE, ...through.map(({ path }) => path)]) {
    const path = moduleFrom(place, name)
    if (path !== undefined) return { name, path }
  }
  return undefined
}

/** Like `find`, but prefers the package that the package `beside` would load. */
export function findBeside(beside: Found, name: string): Found | undefined {
  const path = moduleFrom(beside.path, name)
  return path === undefined ? find(name) : { name, path }
}

/** Loads the package. Throws what its loading throws. */
export function load<T>({ path }: Found): T {
  return loadFile(path) as T
}

/**
 * The folders whose manifests name what is installed for the application: its own, and the one in whose `node_modules` this package is.
 * They differ where a host brings all packages and loads this file by its path.
 */
export function foldersOfManifests(): string[] {
  const [home = '', inside] = OWN_FILE.split(/[\\/]node_modules[\\/]/)
  return [...new Set([...applicationFolders(), ...(inside === undefined ? [] : [home])])]
}

/** Tells which modules the application can load, itself or through one of its dependencies. */
export function moduleFinder(): (name: string) => boolean {
  // A worker thread does not know the script yet, so the folders of this package count too.
  const starts = [...applicationFolders(), dirname(OWN_FILE)]
  const folders = new Set(starts.flatMap((folder) => [...foldersAbove(folder)]))
  const installed = [...folders].flatMap((folder) => {
    const modules = join(folder, 'node_modules')
    // pnpm puts the dependencies of dependencies in the second one.
    return [modules, join(modules, '.pnpm/node_modules')].filter(exists)
  })
  // Without such folders (Yarn's Plug'n'Play, Deno's cache) only the runtime knows.
  if (installed.length === 0) return (name) => find(name) !== undefined
  return (name) => installed.some((folder) => exists(join(folder, name)))
}

/** The permission model of Node 20 makes `existsSync()` throw for what may not be read. */
function exists(path: string): boolean {
  try {
    return existsSync(path)
  } catch {
    return false
  }
}

function* foldersAbove(folder: string): Generator<string> {
  yield folder
  const parent = dirname(folder)
  if (parent !== folder) yield* foldersAbove(parent)
}
