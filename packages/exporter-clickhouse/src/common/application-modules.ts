import { readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { keptRegister } from './kept-register.js'

// pnpm links only the packages that an application names. The other packages are found through these, which depend on them.
const ROUTES = [
  [],
  ['@opentelemetry/sdk-node'],
  ['@opentelemetry/sdk-trace-node'],
  ['@opentelemetry/auto-instrumentations-node', '@opentelemetry/sdk-node'],
]

/** The file that the application would load for a package name; undefined if the package is not installed. */
export function applicationModule(name: string): string | undefined {
  for (const base of bases()) {
    for (const route of ROUTES) {
      const found = [...route, name].reduce<string | undefined>(
        (from, next) => (from === undefined ? undefined : moduleFrom(from, next)),
        base,
      )
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The file that `file` would load for a package name; undefined if the package is not installed. */
export function moduleFrom(file: string, name: string): string | undefined {
  try {
    return realpathSync(requireOf(file).resolve(name))
  } catch {
    return undefined
  }
}

/** Loads a file that was found. Throws what the file throws. */
export function load(file: string): Record<string, unknown> {
  return requireOf(file)(file) as Record<string, unknown>
}

// webpack reads calls of createRequire, and warns of those whose argument it cannot know. It does not read this one.
function requireOf(file: string): NodeJS.Require {
  return Reflect.apply(createRequire, undefined, [file])
}

/** The part of a package's manifest that is read. */
export interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The manifest of the package that has this file. Without a name, it is the nearest one. */
export function manifestAbove(file: string, name?: string): Manifest | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (name === undefined || manifest.name === name) return manifest
    } catch {
      // There is none, or it cannot be read: the next folder may have one.
    }
    if (folder === dirname(folder)) return undefined
  }
}

/**
 * The folders of the application: that of its main script, and the one it was started in, because hosts such as Lambda have a main
 * script of their own.
 */
export function applicationFolders(): string[] {
  const [, script] = process.argv
  const folders: string[] = []
  try {
    if (script !== undefined) folders.push(dirname(realpathSync(script))) // a command is a link to its script
  } catch {
    // Not a file: a REPL, `--eval`, or a name without its extension.
    if (script !== undefined) folders.push(dirname(script))
  }
  try {
    folders.push(process.cwd())
  } catch {
    // The folder has been removed.
  }
  return [...new Set(folders)]
}

/** Where packages are looked for: from the application, then from the register, because some hosts bring it with all packages. */
function bases(): string[] {
  const register = keptRegister()
  const files = applicationFolders().map((folder) => join(folder, 'any.js'))
  return register === undefined ? files : [...files, register]
}
