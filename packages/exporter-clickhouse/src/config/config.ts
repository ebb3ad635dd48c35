import { X509Certificate } from 'node:crypto'
import type { Agent } from 'node:http'
import { resolve as absolutePath } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type MeterProvider, metrics } from '@opentelemetry/api'
import {
  flatTraces,
  type Limits,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import type { DropReason } from '../accounting/drop-reason.js'
import { ConfigError } from '../common/errors.js'
import { endpointProblem, parseEndpoint } from './endpoint.js'
import { dottedName, show } from './option-problems.js'
import type { DestinationOptions, NamedDestinationOptions, Options } from './options.js'
import { readOptions } from './options-reader.js'
import { checkOptions, DESTINATION_NAME } from './options-schema.js'

/** A table of one server: where the rows of a signal go. */
export interface Target<Input = never> {
  readonly database: string
  readonly table: string
  readonly schema: Table<Input>
  /** Seconds after which the server deletes rows, if the exporter creates the table. */
  readonly ttl: number | undefined
}

/** The records of each signal. */
export interface Records {
  readonly traces: SpanLike
}

export type Signal = keyof Records

export type Targets = { readonly [One in Signal]: Target<Records[One]> }

/** One destination with every question decided. */
export interface DestinationConfig {
  readonly name: string
  /** Without credentials, query or trailing slash. */
  readonly endpoint: URL
  readonly targets: Targets
  readonly username: string
  readonly password: string
  readonly timeoutMs: number
  readonly batch: BatchLimits
  readonly compression: Compression
  readonly retry: RetryConfig
  readonly queue: { readonly maxBytes: number; readonly whenFull: 'drop_oldest' | 'drop_newest' }
  readonly spool: SpoolConfig | undefined
  readonly deadLetter: DeadLetterConfig | undefined
  readonly asyncInsert: boolean
  readonly manageSchema: 'create' | 'validate' | 'off'
  readonly tls: Readonly<TlsConfig>
  readonly headers: Readonly<Record<string, string>>
  readonly settings: Readonly<Record<string, string>>
  readonly agent: Agent | undefined
}

export interface SpoolConfig {
  readonly directory: string
  /** Of each destination; the caller keeps to it, with `bytesOf()`. */
  readonly maxBytes: number
  /** `always`: before `put()` resolves. `interval`: within about a second. */
  readonly fsync: 'always' | 'interval' | 'never'
  /** After so long without a sign of life an owner's batches are taken over. */
  readonly leaseMs: number
}

export type DeadLetterConfig =
  | { readonly directory: string; readonly maxBytes: number }
  | { readonly database: string; readonly table: string }

export interface BatchLimits {
  readonly maxRows: number
  readonly maxBytes: number
  readonly maxDelayMs: number
}

export interface Compression {
  readonly codec: 'gzip' | 'br' | 'none'
  readonly level: number
  readonly thresholdBytes: number
}

export interface RetryConfig {
  /** Infinity stands for `unlimited`. */
  readonly maxRetries: number
  readonly initialDelayMs: number
  readonly multiplier: number
  readonly maxDelayMs: number
}

export interface TlsConfig {
  ca?: string
  cert?: string
  key?: string
  servername?: string
  rejectUnauthorized?: boolean
}

export interface Config {
  readonly destinations: readonly DestinationConfig[]
  readonly acknowledge: 'delivered' | 'accepted'
  readonly flushTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly flushOnSignal: boolean
  /** Environment variables that are ignored because they are invalid, as sentences. */
  readonly doubts: readonly string[]
  /** Whether `process.emitWarning` may be called. */
  readonly warnings: boolean
  readonly limits: Limits
  readonly maxRowBytes: number
  readonly onDrop: ((rows: number, reason: DropReason, destination: string) => void) | undefined
  readonly meterProvider: Pick<MeterProvider, 'getMeter'> | undefined
}

const MiB = 1024 * 1024

/**
 * Options and environment to what the rest of the code reads. Code goes before environment, environment before defaults.
 * Throws a ConfigError that lists every problem.
 */
export function parseConfig(given: Options = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const checked: string[] = []
  const options = readOptions(given, checked) as Options
  checked.push(...checkOptions(options))
  const environment = fromEnvironment(env, Object(options))
  const problems = listProblems(options)
  if (checked.length > 0) throw new ConfigError([...checked, ...problems])
  const {
    destinations: named,
    acknowledge,
    flushTimeoutMs,
    shutdownTimeoutMs,
    flushOnSignal,
    limits,
    onDrop,
    meterProvider,
    ...own
  } = options

  const defaults = merge(environment.options, own)
  const list = named ?? []
  const all =
    named === undefined || defaults.endpoint !== undefined
      ? [
          merge(defaults, { name: 'primary' } as NamedDestinationOptions),
          ...list.map((one) => inherit(defaults, one)),
        ]
      : list.map((one) => inherit(defaults, one))

  if (all.length > list.length && list.some((one) => one.name.toLowerCase() === 'primary'))
    problems.push('destinations: the name "primary" is used twice, the flat options have it')
  const destinations = all.map((one) => resolve(one, problems))
  problems.push(...spoolProblems(destinations))
  if (problems.length > 0) throw new ConfigError(problems)
  const { rowBytes = 8 * MiB, ...encodingLimits } = limits ?? {}
  return {
    destinations,
    acknowledge: acknowledge ?? 'delivered',
    flushTimeoutMs: flushTimeoutMs ?? 10_000,
    shutdownTimeoutMs: shutdownTimeoutMs ?? 10_000,
    flushOnSignal: flushOnSignal ?? false,
    doubts: environment.doubts,
    warnings: environment.warnings,
    limits: defined(encodingLimits) as Limits,
    maxRowBytes: rowBytes,
    onDrop,
    meterProvider:
      meterProvider ??
      (env['OTEL_NODE_EXPERIMENTAL_SDK_METRICS']?.toLowerCase() === 'true' ? metrics : undefined),
  }
}

function spoolProblems(destinations: readonly DestinationConfig[]): string[] {
  const spools = destinations.flatMap(({ spool }) => (spool ? [spool] : []))
  const differ = spools.find((one) =>
    spools.some(
      (other) =>
        other.directory === one.directory &&
        (other.fsync !== one.fsync || other.leaseMs !== one.leaseMs),
    ),
  )
  return differ
    ? [`spool: destinations that share ${show(differ.directory)} must agree on fsync and leaseMs`]
    : []
}

/**
 * The options given by environment variables. An invalid one is ignored, so that it never keeps an application from starting; one
 * that the code overrides is not even checked.
 */
function fromEnvironment(
  env: NodeJS.ProcessEnv,
  given: DestinationOptions,
): { options: DestinationOptions; doubts: readonly string[]; warnings: boolean } {
  const doubts: string[] = []
  const read = (setting: string, problemOf: (value: string) => string | undefined) => {
    const name = `OTEL_EXPORTER_CLICKHOUSE_${setting}`
    const value = env[name] || undefined // empty is unset
    const isOverridden = given[setting.toLowerCase() as keyof DestinationOptions] !== undefined
    const problem = value === undefined || isOverridden ? undefined : problemOf(value)
    if (problem === undefined) return value
    doubts.push(`${name} ${problem}. It is ignored, as if it were not set.`)
    return undefined
  }
  const options = defined({
    endpoint: read('ENDPOINT', endpointProblem),
    database: read('DATABASE', dottedName),
    username: read('USERNAME', (name) =>
      name.includes(':') ? 'must not contain a colon' : undefined,
    ),
    password: read('PASSWORD', () => undefined),
  })
  const warnings = read('WARNINGS', (value) =>
    /^(true|false)$/i.test(value) ? undefined : "must be 'true' or 'false'",
  )
  return { options, doubts, warnings: warnings?.toLowerCase() !== 'false' }
}

/** What concerns the list as a whole; of options that are not checked yet. */
function listProblems(options: Options): string[] {
  const list: readonly Partial<NamedDestinationOptions>[] = Array.isArray(options?.destinations)
    ? options.destinations
    : []
  const names = list.map((one) => one?.name).filter(isName)
  // Regardless of case: the spool makes folders of them, on file systems that may not tell them apart.
  const folded = names.map((name) => name.toLowerCase())
  const twice = new Set(names.filter((_, index) => folded.indexOf(folded[index] ?? '') !== index))
  const homeless = list.filter((one) => isName(one?.name) && one?.endpoint === undefined)
  return [
    ...[...twice].map((name) => `destinations: the name "${name}" is used twice`),
    ...homeless.map((one) => `destinations[${one.name}].endpoint is missing`),
  ]
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && DESTINATION_NAME.test(name)
}

// Everything but the endpoint: two destinations on one server would be one destination too many.
function inherit(
  defaults: DestinationOptions,
  one: NamedDestinationOptions,
): NamedDestinationOptions {
  const { endpoint: _, ...rest } = defaults
  return merge(rest, one)
}

function resolve(options: NamedDestinationOptions, problems: string[]): DestinationConfig {
  const at = options.name === 'primary' ? '' : `destinations[${options.name}].`
  const { endpoint, username, password } = parseEndpoint(options.endpoint)
  const schema =
    options.schema === 'otel'
      ? otelTraces
      : typeof options.schema === 'object'
        ? options.schema
        : flatTraces
  const tls = defined(options.tls ?? {})
  if ((tls.cert === undefined) !== (tls.key === undefined))
    problems.push(`${at}tls: cert and key belong together`)
  else if (!isUsable(tls)) problems.push(`${at}tls: ca, cert and key must be PEM texts, and match`)
  const {
    maxRetries = 'unlimited',
    initialDelayMs = 1000,
    multiplier = 2,
    maxDelayMs = 5000,
  } = options.retry ?? {}
  const { agent } = options
  if (!speaks(agent, endpoint.protocol))
    problems.push(
      `${at}agent is for the other protocol: the endpoint uses ${endpoint.protocol}, so it must be an Agent of node:${endpoint.protocol.slice(0, -1)}`,
    )
  const database = options.database ?? schema.database
  return {
    name: options.name,
    endpoint,
    targets: {
      traces: {
        database,
        table: options.table ?? schema.name,
        schema,
        ttl: options.ttl,
      },
    },
    username: options.username ?? username ?? 'default',
    password: options.password ?? password ?? '',
    timeoutMs: options.timeoutMs ?? 10_000,
    batch: {
      maxRows: options.batch?.maxRows ?? 10_000,
      maxBytes: options.batch?.maxBytes ?? 8 * MiB,
      maxDelayMs: options.batch?.maxDelayMs ?? 1000,
    },
    compression: resolveCompression(options.compression),
    retry: {
      maxRetries: maxRetries === 'unlimited' ? Number.POSITIVE_INFINITY : maxRetries,
      initialDelayMs,
      multiplier,
      maxDelayMs,
    },
    queue: {
      maxBytes: options.queue?.maxBytes ?? 64 * MiB,
      whenFull: options.queue?.whenFull ?? 'drop_oldest',
    },
    spool: resolveSpool(options.spool, at, problems),
    deadLetter:
      options.deadLetter && 'directory' in options.deadLetter
        ? {
            directory: absolutePath(options.deadLetter.directory),
            maxBytes: options.deadLetter.maxBytes ?? 64 * MiB,
          }
        : options.deadLetter && { database, table: options.deadLetter.table },
    asyncInsert: options.asyncInsert ?? false,
    manageSchema: options.manageSchema ?? 'create',
    tls,
    headers: options.headers ?? {},
    settings: Object.fromEntries(
      Object.entries(options.settings ?? {})
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [
          name,
          typeof value === 'boolean' ? String(Number(value)) : String(value),
        ]),
    ),
    agent,
  }
}

/** Whether Node accepts the agent for the protocol. Proxy agents (agent-base) have a getter that decides for each request: they pass. */
function speaks(agent: Agent | undefined, protocol: string): boolean {
  if (agent === undefined) return true
  try {
    const own: unknown = Object.getOwnPropertyDescriptor(agent, 'protocol')?.value
    return typeof own !== 'string' || own === '' || own === protocol
  } catch {
    return true // a Proxy's trap
  }
}

function resolveCompression({
  codec = 'gzip',
  level = codec === 'br' ? 1 : 3,
  thresholdBytes = 0,
}: DestinationOptions['compression'] = {}): Compression {
  return { codec, level, thresholdBytes }
}

function resolveSpool(
  options: DestinationOptions['spool'],
  at: string,
  problems: string[],
): SpoolConfig | undefined {
  if (!options) return undefined
  if (options.directory === undefined) problems.push(`${at}spool.directory is missing`)
  return {
    directory: absolutePath(options.directory ?? ''),
    maxBytes: options.maxBytes ?? 1024 * MiB,
    fsync: options.fsync ?? 'interval',
    leaseMs: options.leaseMs ?? 15_000,
  }
}

function isUsable({ ca, cert, key }: TlsConfig): boolean {
  if (ca === undefined && cert === undefined) return true
  // A path would pass as an authority that vouches for nobody.
  if ([ca, cert, key].some((pem) => pem !== undefined && !pem.includes('-----BEGIN'))) return false
  try {
    createSecureContext({ ca, cert, key })
    if (ca !== undefined) new X509Certificate(ca) // a cut one makes a context without a word
    return true
  } catch {
    return false // the reason may quote what it is about
  }
}

// What merges field by field; anything else is replaced, a table of the user's among it.
const GROUPS = new Set([
  'batch',
  'compression',
  'retry',
  'queue',
  'spool',
  'tls',
  'headers',
  'settings',
])

/** One level deep, as far as options nest: `over` wins, its undefined values do not. Headers and settings merge by name. */
function merge<Base extends DestinationOptions, Over extends DestinationOptions>(
  base: Base,
  over: Over,
): Base & Over {
  const merged: Record<string, unknown> = bare(base)
  const { username, password } = parseEndpoint(over.endpoint)
  if (username !== undefined || password !== undefined) {
    delete merged['username']
    delete merged['password']
  }
  for (const [key, value] of Object.entries(defined(over)))
    merged[key] = GROUPS.has(key) ? bare(merged[key] as object, defined(value)) : value
  return merged as Base & Over
}

function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return bare(
    Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)),
  ) as never
}

// Without a prototype: what somebody has added to Object.prototype is not an option.
function bare(...from: readonly object[]): Record<string, unknown> {
  return Object.assign(Object.create(null), ...from)
}
