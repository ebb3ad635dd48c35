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
    return realpathSync(createRequire(file).resolve(name))
  } catch {
    return undefined
  }
}

/** Loads a file that was found. Throws what the file throws. */
export function load(file: string): Record<string, unknown> {
  return createRequire(file)(file) as Record<string, unknown>
}

/** The version of the package that a file belongs to. */
export function versionOf(name: string, file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      if (manifest.name === name) return manifest.version
    } catch {} // not in this folder
  }
  return undefined
}

/**
 * Where the application is: its main script, and the working directory, because hosts such as Lambda have a main script of their own.
 * Then the place of the register, because some hosts bring it with all packages, in a folder of its own.
 */
function bases(): string[] {
  const found: string[] = []
  const script = process.argv[1]
  try {
    if (script !== undefined) found.push(realpathSync(script))
  } catch {} // no file: a REPL, --eval
  try {
    found.push(join(process.cwd(), 'package.json'))
  } catch {} // the directory was removed
  const register = keptRegister()
  return register === undefined ? found : [...found, register]
}
