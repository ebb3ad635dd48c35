import { metrics } from '@opentelemetry/api'
import type { Doubt } from '../doubt.js'
import { bareTree, givenBelow, type Tree, UNREADABLE } from '../given.js'
import type { Layer } from '../layers.js'
import { placeInView, viewOf } from '../signal-view.js'
import {
  DESTINATION_VARIABLES,
  OPTION_VARIABLES,
  OTHER_VARIABLES,
  PREFIX,
  type VariableOption,
  variablePartOf,
} from '../variable-names.js'
import { looksWithholding } from '../withheld-words.js'
import { namesIn } from './destination-names.js'
import { unknownVariable } from './unknown-variable.js'
import { isQuoted } from './variable-text.js'
import { put, treeOf, type VariableTrees } from './variable-trees.js'
import { textIn, valueFrom } from './variable-value.js'

export interface Environment {
  readonly layer: Layer
  readonly doubts: readonly Doubt[]
  /** Whether warnings may be printed. */
  readonly warnings: boolean
}

/**
 * Reads options from environment variables. `above` is the layer of the code: a variable for an option that the code gives is not read.
 * `below` is the layer of the file. An invalid variable never keeps an application from starting: it is ignored, or, if it says what must
 * not reach a destination, becomes a value that is `UNREADABLE`. `ignored` are variables that contradict other options.
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

  const trees: VariableTrees = { options: bareTree(), named: new Map() }
  const unreadable: Unreadable[] = []
  const reading = { env, variables, names, above, trees, doubts, unreadable }
  for (const variable of variables)
    if (!OTHER_VARIABLES.has(variable.slice(PREFIX.length))) readVariable(variable, reading)
  // Last, so that nothing replaces these: a variable that can be read does not make up for one for the same option that cannot.
  for (const { variable, path, destination } of unreadable)
    put(treeOf(trees, destination), path, UNREADABLE, variable)
  if (env['OTEL_NODE_EXPERIMENTAL_SDK_METRICS']?.toLowerCase() === 'true')
    put(trees.options, ['meterProvider'], metrics, 'OTEL_NODE_EXPERIMENTAL_SDK_METRICS')
  return {
    layer: { ...trees, list, tableOf: 'traces' },
    doubts,
    warnings: own.get('WARNINGS') !== false,
  }
}

/** What the reading of a variable depends on, and what it adds to. */
interface Reading {
  readonly env: NodeJS.ProcessEnv
  readonly variables: readonly string[]
  /** All destinations that a variable may be for. */
  readonly names: readonly string[]
  /** The options in code: a variable for one of them is not read. */
  readonly above: Layer
  readonly trees: VariableTrees
  readonly doubts: Doubt[]
  readonly unreadable: Unreadable[]
}

/** A variable that cannot be read, although it says what must not reach a destination. */
interface Unreadable {
  readonly variable: string
  readonly path: readonly string[]
  readonly destination: string | undefined
}

function readVariable(variable: string, reading: Reading): void {
  const { env, variables, names, above, trees, doubts } = reading
  const readings = readingsOf(variable.slice(PREFIX.length), names)
  const [found, ...others] = readings
  if (found === undefined) {
    readUnknown(variable, reading)
    return
  }
  const { target, destination, isFile } = found
  const { path } = target
  const code = destination === undefined ? above.options : above.named.get(destination)
  if (code && isGiven(code, path, above) && target.option.type.kind !== 'map') return
  const wrong = (problem: string) => {
    const doubt = { variable, problem, of: { path, destination } }
    if (target.option.withholds) stop(doubt, path, destination, reading)
    // An endpoint may carry rules in its URL.
    else if (/^endpoints?$/.test(path[0] ?? '') && looksWithholding(env[variable] ?? ''))
      stop(doubt, ['redact', variable], destination, reading)
    else doubts.push(doubt)
  }
  if (others.length > 0) {
    const doubt = { variable, ...ambiguity(readings) }
    const withholding = others.filter((one) => one.target.option.withholds)
    if (withholding.length === 0) doubts.push(doubt)
    for (const other of withholding) stop(doubt, other.target.path, other.destination, reading)
  }
  const plainName = variable.slice(0, -'_FILE'.length)
  if (isFile && variables.includes(plainName)) {
    wrong(`is set beside ${plainName}`)
    return
  }
  const read = isFile ? textIn(env[variable]?.trim() ?? '') : { value: env[variable] ?? '' }
  const value = 'problem' in read ? read : valueFrom(read.value, target.option)
  if ('problem' in value) {
    wrong(value.problem)
    return
  }
  if (typeof value.value === 'string' && isQuoted(value.value))
    doubts.push({
      variable,
      problem: 'is in quotation marks',
      consequence: 'They are taken as a part of the value: remove them if they are not.',
    })
  put(treeOf(trees, destination), path, value.value, variable)
}

/** A variable of no option. It stops destinations if its name says that it was meant to withhold something. */
function readUnknown(variable: string, reading: Reading): void {
  const name = variable.slice(PREFIX.length)
  const { problem, meant } = unknownVariable(name, reading.names)
  const [instead] = meant === undefined ? [] : readingsOf(meant, reading.names)
  const doubt = { variable, problem }
  if (instead?.target.option.withholds)
    stop(doubt, instead.target.path, instead.destination, reading)
  else if (!instead && looksWithholding(name)) stop(doubt, ['redact', variable], undefined, reading)
  else reading.doubts.push(doubt)
}

/** Notes a variable that cannot be read, although it says what must not reach a destination. */
function stop(
  doubt: Doubt,
  path: readonly string[],
  destination: string | undefined,
  { doubts, unreadable }: Reading,
): void {
  doubts.push({ ...doubt, stops: true })
  unreadable.push({ variable: doubt.variable, path, destination })
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
