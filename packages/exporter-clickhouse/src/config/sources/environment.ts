import { readFileSync, statSync } from 'node:fs'
import { metrics } from '@opentelemetry/api'
import { distance } from '../../common/distance.js'
import type { Doubt } from '../doubt.js'
import { fromText } from '../from-text.js'
import { bareTree, Given, givenBelow, type Tree } from '../given.js'
import type { Layer } from '../layers.js'
import { didYouMean, plain } from '../option-hints.js'
import { SIGNALS } from '../option-table.js'
import { placeInView, viewOf } from '../signal-view.js'
import { problemOf } from '../text-rules.js'
import {
  DESTINATION_VARIABLES,
  OPTION_VARIABLES,
  OTHER_VARIABLES,
  PREFIX,
  type VariableOption,
  variablePartOf,
} from '../variable-names.js'
import { namesIn } from './destination-names.js'
import { isQuoted, meantText } from './variable-text.js'

export interface Environment {
  readonly layer: Layer
  readonly doubts: readonly Doubt[]
  /** Whether warnings may be printed. */
  readonly warnings: boolean
}

const QUOTED = {
  problem: 'is in quotation marks, which are a part of the value here: remove them',
}

const MAX_FILE_BYTES = 1024 * 1024

/**
 * Reads options from environment variables. `above` is the layer of the code: a variable for an option that the code gives is not read.
 * `below` is the layer of the file. An invalid variable is ignored, so that it never keeps an application from starting. `ignored` are
 * variables that contradict other options.
 */
export function fromEnvironment(
  env: NodeJS.ProcessEnv,
  { above, below, ignored }: { above: Layer; below: Layer; ignored: ReadonlySet<string> },
): Environment {
  const doubts: Doubt[] = []
  const variables = variablesOf(env).filter((name) => !ignored.has(name))
  const own = new Map<string, unknown>()
  for (const [name, { option }] of OTHER_VARIABLES) {
    const variable = `${PREFIX}${name}`
    const text = variables.includes(variable) ? env[variable] : undefined
    if (text === undefined) continue
    const read = valueFrom(text, option)
    if ('problem' in read) doubts.push({ variable, ...read })
    else own.set(name, read.value)
  }
  const list = namesIn(own.get('DESTINATIONS'), doubts)
  const names = [...new Set([...(list ?? []), ...(below.list ?? []), ...(above.list ?? [])])]

  const options = bareTree()
  const named = new Map<string, Tree>()
  for (const variable of variables) {
    const name = variable.slice(PREFIX.length)
    if (OTHER_VARIABLES.has(name)) continue
    const readings = readingsOf(name, names)
    const [found] = readings
    if (found === undefined) {
      doubts.push({ variable, problem: unknown(name, names) })
      continue
    }
    const { target, destination, isFile } = found
    const { path } = target
    const code = destination === undefined ? above.options : above.named.get(destination)
    if (code && isGiven(code, path, above) && target.option.type.kind !== 'map') continue
    if (readings.length > 1) doubts.push({ variable, ...ambiguity(readings) })
    const of = { path, destination }
    const plainName = variable.slice(0, -'_FILE'.length)
    if (isFile && variables.includes(plainName)) {
      doubts.push({ variable, problem: `is set beside ${plainName}`, of })
      continue
    }
    const read = isFile ? textIn(env[variable]?.trim() ?? '') : { value: env[variable] ?? '' }
    const value = 'problem' in read ? read : valueFrom(read.value, target.option)
    if ('problem' in value) {
      doubts.push({ variable, problem: value.problem, of })
      continue
    }
    const tree = destination === undefined ? options : (named.get(destination) ?? bareTree())
    if (destination !== undefined) named.set(destination, tree)
    if (typeof value.value === 'string' && isQuoted(value.value))
      doubts.push({
        variable,
        problem: 'is in quotation marks',
        consequence: 'They are taken as a part of the value: remove them if they are not.',
      })
    put(tree, path, value.value, variable)
  }
  if (env['OTEL_NODE_EXPERIMENTAL_SDK_METRICS']?.toLowerCase() === 'true')
    put(options, ['meterProvider'], metrics, 'OTEL_NODE_EXPERIMENTAL_SDK_METRICS')
  return {
    layer: { options, named, list, tableOf: 'traces' },
    doubts,
    warnings: own.get('WARNINGS') !== false,
  }
}

/** The configuration file that the environment names. */
export function configFileIn(env: NodeJS.ProcessEnv): string | undefined {
  return env[`${PREFIX}CONFIG_FILE`]?.trim() || undefined
}

/** An empty variable counts as unset. */
function variablesOf(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter(
    (name) =>
      name.startsWith(PREFIX) && (env[name] ?? '').trim() !== '' && !isOfKubernetes(name, env),
  )
}

/** Kubernetes gives every container such variables for a service of the name `otel-exporter-clickhouse`. */
function isOfKubernetes(variable: string, env: NodeJS.ProcessEnv): boolean {
  const name = variable.slice(PREFIX.length)
  return (
    /^(SERVICE_(HOST|PORT(_.*)?)|PORT_\d+_.*)$/.test(name) ||
    (name === 'PORT' && /^(tcp|udp):/.test(env[variable] ?? ''))
  )
}

interface Found {
  readonly target: VariableOption
  readonly destination: string | undefined
  /** The variable names a file that holds the value. */
  readonly isFile: boolean
}

/** The options that a variable may mean, the one that it is taken for first: an option of all destinations, or of the longest name. */
function readingsOf(name: string, destinations: readonly string[]): Found[] {
  const byLength = [undefined, ...destinations.toSorted((a, b) => b.length - a.length)]
  for (const isFile of name.endsWith('_FILE') ? [false, true] : [false]) {
    const written = isFile ? name.slice(0, -'_FILE'.length) : name
    const found = byLength.flatMap((destination): Found[] => {
      const part = destination === undefined ? '' : `${variablePartOf(destination)}_`
      const variables = destination === undefined ? OPTION_VARIABLES : DESTINATION_VARIABLES
      const target = written.startsWith(part) && variables.get(written.slice(part.length))
      return target ? [{ target, destination, isFile }] : []
    })
    if (found.length > 0) return found
  }
  return []
}

function ambiguity(readings: readonly Found[]): Pick<Doubt, 'problem' | 'consequence'> {
  const [taken, ...others] = readings.map(({ target, destination }) => {
    const option = `\`${target.path.join('.')}\``
    return destination === undefined ? option : `${option} of the destination ${destination}`
  })
  return {
    problem: `may also mean ${others.join(' or ')}`,
    consequence: `It is taken as ${taken}: rename the destination if that is wrong.`,
  }
}

/** Whether options already decide the one at a path, for the signals that it is for. */
function isGiven(options: Tree, path: readonly string[], { tableOf }: Layer): boolean {
  const [signal, inView] = placeInView(path)
  const isOfSignal = inView !== path || path[0] === 'table'
  const tree = isOfSignal ? viewOf(options, signal, tableOf) : options
  return givenBelow(tree, inView).length > 0
}

function unknown(name: string, destinations: readonly string[]): string {
  const known = [
    ...OPTION_VARIABLES.keys(),
    ...OTHER_VARIABLES.keys(),
    ...destinations.flatMap((one) =>
      [...DESTINATION_VARIABLES.keys()].map((known) => `${variablePartOf(one)}_${known}`),
    ),
  ]
  const nearest = known
    .map((one) => ({ one, distance: name.length > 80 ? 99 : distance(one, name) }))
    .filter((found) => found.distance <= Math.min(2, (found.one.length - 1) / 2))
    .sort((a, b) => a.distance - b.distance)[0]?.one
  if (nearest !== undefined) return `is not known: did you mean ${PREFIX}${nearest}?`
  const [, meant = ''] = /did you mean `(.*)`/.exec(didYouMean(name, [])) ?? []
  const elsewhere = [...OPTION_VARIABLES].find(
    ([, { path }]) => path.join('.') === meant || plain(path.join('')) === plain(name),
  )?.[0]
  if (elsewhere !== undefined) return `is not known: did you mean ${PREFIX}${elsewhere}?`
  const [, signal = '', option = ''] = /^([A-Z]+)_(.+)$/.exec(name) ?? []
  if (SIGNALS.some((one) => one === signal.toLowerCase()) && DESTINATION_VARIABLES.has(option))
    return `is not known: for ${signal.toLowerCase()} alone, it must be that of a destination with SIGNALS=${signal.toLowerCase()}`
  const ofDestination = [...DESTINATION_VARIABLES.keys()].find((one) => name.endsWith(`_${one}`))
  return ofDestination === undefined
    ? 'is not known'
    : `is not known: to name a destination, add it to ${PREFIX}DESTINATIONS`
}

function valueFrom(
  text: string,
  option: VariableOption['option'],
): { value: unknown } | { problem: string } {
  const read = fromText(meantText(text, option), option.type)
  const problem = 'problem' in read ? read.problem : problemOf(read.value, option.type)
  // Only a password or a key may really be in quotation marks.
  if (isQuoted(text) && !(problem === undefined && option.isSecret && option.type.kind === 'text'))
    return QUOTED
  return problem === undefined ? read : { problem }
}

/** The text in a file. */
function textIn(file: string): { value: string } | { problem: string } {
  if (isQuoted(file)) return QUOTED
  try {
    const stats = statSync(file)
    if (!stats.isFile()) return { problem: 'names something that is not a file' } // a pipe would block
    if (stats.size > MAX_FILE_BYTES) return { problem: 'names a file that is larger than 1 MiB' }
    const value = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    return value.trim() === '' ? { problem: 'names a file that is empty' } : { value }
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { problem: 'names a file that is not UTF-8: save it with that encoding' }
    return { problem: `names a file that cannot be read (${code})` }
  }
}

function put(tree: Tree, path: readonly string[], value: unknown, variable: string): void {
  const source = { layer: 'environment', name: variable } as const
  let node = tree
  for (const name of path.slice(0, -1)) {
    const next = node[name] ?? bareTree()
    node[name] = next
    node = next as Tree
  }
  const last = path.at(-1) ?? ''
  node[last] =
    typeof value === 'object' && value !== metrics && !Array.isArray(value)
      ? bareTree(
          Object.fromEntries(
            Object.entries(Object(value)).map(([name, one]) => [name, new Given(one, source)]),
          ),
        )
      : new Given(value, source)
}
