import { join } from 'node:path'
import { distance } from '../common/distance.js'
import {
  applicationFolders,
  type Found,
  find,
  load,
  manifestAbove,
  moduleFinder,
} from './application.js'
import { say, whyOf } from './say.js'
import { AUTO } from './sdk.js'
import { OFF_BY_DEFAULT, TARGETS } from './targets.js'

/** The part of an instrumentation that is used. */
export interface Instrumentation {
  enable(): void
  disable(): void
  setTracerProvider(provider: unknown): void
}

export interface Loaded extends Found {
  /** The package's name after `@opentelemetry/instrumentation-`. */
  readonly short: string
  readonly instrumentation: Instrumentation
}

const PREFIX = '@opentelemetry/instrumentation-'

/** Loads the instrumentations that the application can use, or that the environment names. */
export function loadInstrumentations(env: NodeJS.ProcessEnv, hasMetrics: boolean): Loaded[] {
  const auto = find(AUTO)
  const installed = installedNames(auto)
  const chosen = choose(installed, env, { has: moduleFinder(), hasMetrics })
  return chosen.flatMap((short) => {
    const found = find(PREFIX + short, auto ? [auto] : [])
    return found ? loaded(short, found) : []
  })
}

/** The instrumentations among the dependencies of the application and of the auto-instrumentations package. */
function installedNames(auto: Found | undefined): string[] {
  const own = applicationFolders().map((folder) => manifestAbove(join(folder, 'any.js')))
  const all = [...own, auto && manifestAbove(auto.path, AUTO)].flatMap((manifest) =>
    Object.keys({
      ...manifest?.dependencies,
      ...manifest?.devDependencies,
      ...manifest?.optionalDependencies,
    }),
  )
  const names = all.filter((name) => name.startsWith(PREFIX))
  return [...new Set(names.map((name) => name.slice(PREFIX.length)))]
}

interface Surroundings {
  has(module: string): boolean
  readonly hasMetrics: boolean
}

/** OTEL_NODE_ENABLED_INSTRUMENTATIONS and OTEL_NODE_DISABLED_INSTRUMENTATIONS mean the same as for the auto-instrumentations package. */
export function choose(
  installed: readonly string[],
  env: NodeJS.ProcessEnv,
  around: Surroundings,
): string[] {
  const enabled = listIn(env, 'OTEL_NODE_ENABLED_INSTRUMENTATIONS', installed)
  const disabled = listIn(env, 'OTEL_NODE_DISABLED_INSTRUMENTATIONS', installed) ?? []
  return installed.filter((short) => {
    if (disabled.includes(short)) return false
    if (enabled) return enabled.includes(short)
    return !OFF_BY_DEFAULT.has(short) && isOfUse(short, env, around)
  })
}

function listIn(env: NodeJS.ProcessEnv, variable: string, installed: readonly string[]) {
  if (!env[variable]) return undefined
  const names = env[variable].split(',').map((name) => name.trim())
  for (const name of names)
    if (name !== '' && !installed.includes(name))
      say(
        'INSTRUMENTATION',
        `finds no instrumentation "${name}", which ${variable} names (${hint(name, installed)}).`,
      )
  return names
}

function hint(name: string, installed: readonly string[]): string {
  const near = installed.find((one) => distance(one, name) <= 2)
  if (near !== undefined) return `did you mean "${near}"?`
  return installed.length > 0 ? `installed are ${installed.join(', ')}` : 'none is installed'
}

function isOfUse(short: string, env: NodeJS.ProcessEnv, { has, hasMetrics }: Surroundings) {
  if (!Object.hasOwn(TARGETS, short)) return true
  return TARGETS[short]?.some((target) => {
    if (target === 'metrics') return hasMetrics
    if (target.startsWith('env:')) return env[target.slice(4)] !== undefined
    return target.startsWith('node:') || has(target)
  })
}

function loaded(short: string, found: Found): Loaded[] {
  try {
    const exported = Object.values(load<Record<string, unknown>>(found))
    const Class = exported.find(isInstrumentation)
    if (!Class) throw new Error('it exports no instrumentation')
    return [{ ...found, short, instrumentation: new Class() }]
  } catch (error) {
    say('INSTRUMENTATION', `goes on without ${found.name}: ${whyOf(error)}`)
    return []
  }
}

function isInstrumentation(exported: unknown): exported is new () => Instrumentation {
  const { prototype } = (typeof exported === 'function' ? exported : {}) as {
    prototype?: Instrumentation
  }
  return (
    typeof prototype?.enable === 'function' && typeof prototype.setTracerProvider === 'function'
  )
}
