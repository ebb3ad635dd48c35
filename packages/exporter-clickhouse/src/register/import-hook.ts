import * as nodeModule from 'node:module'
import { dirname, isAbsolute, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findBeside } from './application.js'
import type { Loaded } from './instrumentations.js'
import { say, whyOf } from './say.js'
import { modulesPatchedBy, TARGETS } from './targets.js'

interface Options {
  readonly include: (string | RegExp)[] | undefined
}

/**
 * Lets instrumentations patch what ES modules import; they hook `require()` themselves. Call it before anything that they patch is
 * imported.
 */
export function hookImports(loaded: readonly Loaded[]): void {
  const [first] = loaded
  if (!first || !isNode() || isHooked()) return
  try {
    // The copy that the instrumentations use: another one would not know what they want to patch.
    const base = findBeside(first, '@opentelemetry/instrumentation')
    const hook = base && findBeside(base, 'import-in-the-middle')
    if (!hook) throw new Error('the package import-in-the-middle is not installed')
    hookWith(hook.path, { include: modulesOf(loaded) })
  } catch (error) {
    say('IMPORTS', `cannot instrument what ES modules import: ${whyOf(error)}`)
  }
}

/** Bun and Deno have no such hooks. */
function isNode(): boolean {
  return !('bun' in process.versions) && !('deno' in process.versions)
}

/** Whether the command line already loads the hook, as OpenTelemetry's documentation recommends. */
function isHooked(): boolean {
  const options = [...process.execArgv, process.env['NODE_OPTIONS']].join(' ')
  return /(instrumentation|import-in-the-middle)\/hook\.mjs/.test(options)
}

function hookWith(entry: string, options: Options): void {
  const require = nodeModule.createRequire(entry)
  // The first way runs in this thread and causes no deprecation warning on new versions of Node.
  if (supportsSyncHooks(require)) require('./register-hooks.mjs').register(options)
  else if (!hasFolder()) throw new Error('the working directory has been removed')
  else nodeModule.register(pathToFileURL(join(dirname(entry), 'hook.mjs')), { data: options })
}

/** Without a working directory the thread of the hooks cannot start, and Node would wait for it forever. */
function hasFolder(): boolean {
  try {
    return process.cwd() !== ''
  } catch {
    return false
  }
}

function supportsSyncHooks(require: NodeJS.Require): boolean {
  try {
    return require('./supports-sync-hooks.mjs').supportsSyncHooks()
  } catch {
    return false // an older version of the package
  }
}

/**
 * The modules to hook; undefined, which means all, if an instrumentation is not in our table. Not all are hooked otherwise: the hook
 * replaces a module by another one with the same exports, which costs time and breaks some modules.
 */
function modulesOf(loaded: readonly Loaded[]): (string | RegExp)[] | undefined {
  if (loaded.some(({ short }) => !Object.hasOwn(TARGETS, short))) return undefined
  return loaded.flatMap(({ short, instrumentation }) => {
    const { _modules: own = [] } = instrumentation as { _modules?: { name: string }[] }
    return [...modulesPatchedBy(short), ...own.map(({ name }) => name)].flatMap(matchersOf)
  })
}

function matchersOf(name: string): (string | RegExp)[] {
  if (isAbsolute(name)) return [new RegExp(`^${escaped(pathToFileURL(name).href)}`)]
  if (nodeModule.isBuiltin(name)) return [name.replace(/^node:/, '')]
  return [name, new RegExp(`/node_modules/${escaped(name)}/`)]
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
