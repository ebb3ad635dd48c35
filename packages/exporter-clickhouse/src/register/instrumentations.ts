import { join } from 'node:path'
import { manifestAbove } from '../common/application-modules.js'
import { distance } from '../common/distance.js'
import { type Found, find, foldersOfManifests, load, moduleFinder } from './application.js'
import { say, whyOf } from './say.js'
import { AUTO, installCommand } from './sdk-version.js'
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
const ENABLED = 'OTEL_NODE_ENABLED_INSTRUMENTATIONS'
const DISABLED = 'OTEL_NODE_DISABLED_INSTRUMENTATIONS'

/** Loads the instrumentations that the application can use, or that the environment names. */
export function loadInstrumentations(env: NodeJS.ProcessEnv, hasMetrics: boolean): Loaded[] {
  const auto = find(AUTO)
  const dependencies = ownDependencies()
  const installed = installedNames(dependencies, auto)
  if (installed.length === 0) missInstrumentations(dependencies, env)
  const chosen = choose(installed, env, { has: moduleFinder(), hasMetrics })
  return chosen.flatMap((short) => {
    const found = find(PREFIX + short, auto ? [auto] : [])
    return found ? loaded(short, found) : []
  })
}

function ownDependencies(): string[] {
  return foldersOfManifests().flatMap((folder) =>
    dependenciesOf(manifestAbove(join(folder, 'any.js'))),
  )
}

function dependenciesOf(manifest: ReturnType<typeof manifestAbove>): string[] {
  return Object.keys({
    ...manifest?.dependencies,
    ...manifest?.devDependencies,
    ...manifest?.optionalDependencies,
  })
}

/** The instrumentations among the dependencies of the application and of the auto-instrumentations package. */
function installedNames(own: readonly string[], auto: Found | undefined): string[] {
  const all = [...own, ...dependenciesOf(auto && manifestAbove(auto.path, AUTO))]
  const names = all.filter((name) => name.startsWith(PREFIX))
  return [...new Set(names.map((name) => name.slice(PREFIX.length)))]
}

/** Says what is missing, unless the application seems to have none that could be traced, or has said which it wants. */
function missInstrumentations(dependencies: readonly string[], env: NodeJS.ProcessEnv): void {
  const targets = new Set(Object.values(TARGETS).flat())
  const [untraced] = dependencies.filter((name) => targets.has(name))
  if (untraced !== undefined && !env[ENABLED] && !env[DISABLED])
    say(
      'NO_INSTRUMENTATION',
      `finds no instrumentation, so of ${untraced} and the like there are no spans. To install all of them: ${installCommand()}`,
    )
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
  const enabled = listIn(env, ENABLED, installed)
  const disabled = listIn(env, DISABLED, installed) ?? []
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
    say(
      'INSTRUMENTATION',
      `goes on without ${found.name}: ${whyOf(error)}. Update it, or name it in ${DISABLED}.`,
    )
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
