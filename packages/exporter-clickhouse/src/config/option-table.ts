// Every option. A new one is an entry here, and a type and docstring in `options.ts`. Reading, checks, hints, masking, merging, defaults
// and environment variables follow from the entry. Only the docstring says what an option does: texts here would be loaded by every
// application and make the package 2 kB larger. A test compares the units and defaults in the docstrings with those here.
import type { Signal } from './config.js'
import { DEFAULT_ENDPOINT, endpointProblem } from './endpoint-url.js'
import {
  bytes,
  choice,
  custom,
  type Fields,
  FLAG,
  FUNCTION,
  type Group,
  group,
  list,
  map,
  milliseconds,
  number,
  type Option,
  seconds,
  text,
  textOrEmpty,
  whole,
  wholeOr,
} from './option.js'
import {
  destinationNameProblem,
  engineProblem,
  hasMethod,
  headerNameProblem,
  headerValueProblem,
  isTable,
  localTableProblem,
  notEmpty,
  settingNameProblem,
  tableNameProblem,
  usernameProblem,
} from './option-rules.js'
import type {
  AllMetricsOptions,
  DestinationOptions,
  MetricsOptions,
  NamedDestinationOptions,
  Options,
  SampledSignalOptions,
  SignalOptions,
} from './options.js'
import { ROUTING } from './routing-table.js'

const MiB = 1024 * 1024

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']

const TEXT: Option = { type: text() }

const shared: Record<Exclude<keyof DestinationOptions, Signal>, Option> = {
  endpoint: {
    type: textOrEmpty(endpointProblem),
    default: DEFAULT_ENDPOINT,
    isSecret: true,
  },
  endpoints: { type: list(textOrEmpty(endpointProblem), 16), isSecret: true },
  endpointOrder: { type: choice('in_order', 'round_robin', 'random') },
  database: { type: text(tableNameProblem) },
  table: { type: text(tableNameProblem) },
  username: { type: text(usernameProblem), default: 'default' },
  password: { type: textOrEmpty(), default: '', isSecret: true },
  schema: {
    type: {
      ...choice('flat', 'otel', 'otel_json'),
      or: { name: 'a table made by defineTable()', accepts: isTable },
    },
    default: 'flat',
  },
  promote: {
    type: list(
      { ...text(), or: required(['attribute'], { attribute: TEXT, column: TEXT, type: TEXT }) },
      100,
    ),
  },
  keepPromoted: { type: FLAG, default: true },
  timeoutMs: { type: milliseconds(1), default: 10_000 },
  batch: {
    type: group({
      maxRows: { type: whole(1, 1_000_000), default: 10_000 },
      maxBytes: { type: bytes(1, 256 * MiB), default: 8 * MiB },
      maxDelayMs: { type: milliseconds(), default: 1000 },
    }),
  },
  compression: {
    type: group({
      codec: { type: choice('gzip', 'br', 'none'), default: 'gzip', environment: '' },
      level: { type: whole(1, 9) },
      thresholdBytes: { type: bytes(0), default: 0 },
    }),
  },
  retry: {
    type: group({
      maxRetries: { type: wholeOr('unlimited', 0), default: 'unlimited' },
      initialDelayMs: { type: milliseconds(), default: 1000 },
      multiplier: { type: number(1, 100), default: 2 },
      maxDelayMs: { type: milliseconds(), default: 5000 },
    }),
  },
  queue: {
    type: group({
      maxBytes: { type: bytes(1), default: 64 * MiB },
      whenFull: { type: choice('drop_oldest', 'drop_newest'), default: 'drop_oldest' },
    }),
  },
  spool: {
    type: {
      ...group({
        directory: { type: text() },
        maxBytes: { type: bytes(1), default: 1024 * MiB },
        fsync: { type: choice('always', 'interval', 'never'), default: 'interval' },
        leaseMs: { type: milliseconds(100), default: 15_000 },
      }),
      isOffByDefault: true,
    },
  },
  deadLetter: {
    type: {
      ...group({
        directory: { type: text() },
        maxBytes: { type: bytes(1), default: 64 * MiB },
        table: { type: text(tableNameProblem) },
      }),
      forms: [['directory', 'maxBytes'], ['table']],
      isOffByDefault: true,
    },
  },
  asyncInsert: { type: FLAG, default: false },
  manageSchema: { type: choice('create', 'validate', 'off'), default: 'create' },
  ttl: { type: seconds(1) },
  retention: {
    type: {
      ...group({
        services: { type: map(notEmpty, seconds(1)) },
        where: { type: map(notEmpty, seconds(1)) },
        moveAfter: { type: seconds(1) },
        moveToVolume: { type: text() },
        moveToDisk: { type: text() },
        storagePolicy: { type: text() },
      }),
      isOffByDefault: true,
    },
  },
  cluster: { type: text() },
  engine: { type: text(engineProblem) },
  distributed: {
    type: {
      ...group({
        table: { type: text(localTableProblem), default: '{table}_local' },
        shardingKey: { type: text() },
        insertInto: { type: choice('distributed', 'local'), default: 'distributed' },
      }),
      isOffByDefault: true,
    },
  },
  tls: {
    type: group({
      ca: { type: text() },
      cert: { type: text() },
      key: { type: text() },
      servername: { type: text() },
      rejectUnauthorized: { type: FLAG },
    }),
    environment: '',
    isSecret: true,
  },
  headers: {
    type: map(headerNameProblem, textOrEmpty(headerValueProblem)),
    default: {},
    isSecret: true,
  },
  settings: {
    type: map(settingNameProblem, custom('must be a string, number or boolean', isSettingValue)),
    default: {},
  },
  agent: {
    type: custom(
      "must be an Agent of node:http or node:https, or derived from one; undici's Agent cannot be used",
      (value) => hasMethod(value, 'addRequest') && hasMethod(value, 'destroy'),
    ),
  },
  signals: { type: list(choice(...SIGNALS), SIGNALS.length), withholds: true },
  ...ROUTING,
}

const {
  database,
  table,
  schema,
  promote,
  keepPromoted,
  ttl,
  retention,
  batch,
  queue,
  asyncInsert,
} = shared
const { filter, sample, redact, dispatch } = shared
const ofSignal: Record<keyof SignalOptions<never>, Option> = withoutDefaults({
  database,
  table,
  schema,
  promote,
  keepPromoted,
  ttl,
  retention,
  batch,
  queue,
  asyncInsert,
  filter,
  redact,
  dispatch,
})

const ofSampledSignal: Record<keyof SampledSignalOptions<never>, Option> = {
  ...ofSignal,
  ...withoutDefaults({ sample }),
}

const ofMetrics: Record<keyof MetricsOptions, Option> = {
  ...ofSignal,
  tables: {
    type: group({
      gauge: table,
      sum: table,
      histogram: table,
      exponentialHistogram: table,
      summary: table,
    }),
  },
  ttls: {
    type: {
      ...group({ gauge: ttl, sum: ttl, histogram: ttl, exponentialHistogram: ttl, summary: ttl }),
      isOffByDefault: true,
    },
  },
}

const ofAllMetrics: Record<keyof AllMetricsOptions, Option> = {
  ...ofMetrics,
  temporality: {
    type: choice('cumulative', 'delta'),
    default: 'cumulative',
    environment: 'TEMPORALITY_PREFERENCE',
  },
}

const destination: Record<keyof DestinationOptions, Option> = {
  ...shared,
  traces: { type: group(ofSampledSignal) },
  logs: { type: group(ofSampledSignal) },
  metrics: { type: group(ofMetrics) },
}

const namedDestination: Record<keyof NamedDestinationOptions, Option> = {
  ...destination,
  name: { type: textOrEmpty(destinationNameProblem) },
}

export const NAMED_DESTINATION: Group = { ...group(namedDestination), required: ['name'] }

const all: Record<keyof Options, Option> = {
  ...destination,
  metrics: { type: group(ofAllMetrics) },
  destinations: { type: list(NAMED_DESTINATION, 16) },
  acknowledge: { type: choice('delivered', 'accepted'), default: 'delivered' },
  flushOnSignal: { type: FLAG, default: false },
  onDrop: { type: FUNCTION },
  meterProvider: {
    type: custom('must be a MeterProvider', (value) => hasMethod(value, 'getMeter')),
  },
  flushTimeoutMs: { type: milliseconds(1), default: 10_000 },
  shutdownTimeoutMs: { type: milliseconds(1), default: 10_000 },
  limits: {
    type: group({
      attributeValueLength: { type: whole(1) },
      attributeCount: { type: whole(0) },
      eventCount: { type: whole(0) },
      linkCount: { type: whole(0) },
      rowBytes: { type: bytes(1), default: 8 * MiB },
    }),
  },
}

export const OPTIONS: Group = group(all)

/** What only the environment can set, or writes in its own way: `destinations` is a list of names. */
export const ENVIRONMENT_ONLY: Group = group({
  warnings: { type: FLAG, default: true },
  configFile: { type: text() },
  destinations: { type: text() },
})

function required(names: readonly string[], fields: Fields): Group {
  return { ...group(fields), required: names }
}

/** The options of a group that overrides others: what it does not give is theirs, and not the default. */
function withoutDefaults<Names extends string>(
  fields: Readonly<Record<Names, Option>>,
): Record<Names, Option> {
  const entries = Object.entries<Option>(fields).map(([name, { default: _, ...option }]) => {
    const { type } = option
    const isGroup = type.kind === 'group'
    return [
      name,
      isGroup ? { ...option, type: { ...type, fields: withoutDefaults(type.fields) } } : option,
    ]
  })
  return Object.fromEntries(entries)
}

function isSettingValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
