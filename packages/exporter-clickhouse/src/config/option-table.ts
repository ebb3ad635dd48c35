// Every option. A new one is an entry here, and a type and docstring in `options.ts`. Reading, checks, hints, masking, merging, defaults
// and environment variables follow from the entry. Only the docstring says what an option does: texts here would be loaded by every
// application and make the package 2 kB larger. A test compares the units and defaults in the docstrings with those here.
import { DEFAULT_ENDPOINT, endpointProblem } from './endpoint.js'
import {
  bytes,
  choice,
  custom,
  FLAG,
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
  hasMethod,
  headerNameProblem,
  headerValueProblem,
  isTable,
  settingNameProblem,
  tableNameProblem,
  usernameProblem,
} from './option-rules.js'
import type { DestinationOptions, NamedDestinationOptions, Options } from './options.js'

const MiB = 1024 * 1024

const destination: Record<keyof DestinationOptions, Option> = {
  endpoint: {
    type: textOrEmpty(endpointProblem),
    default: DEFAULT_ENDPOINT,
    environment: 'ENDPOINT',
    isSecret: true,
  },
  database: { type: text(tableNameProblem), environment: 'DATABASE' },
  table: { type: text(tableNameProblem) },
  username: { type: text(usernameProblem), default: 'default', environment: 'USERNAME' },
  password: { type: textOrEmpty(), default: '', environment: 'PASSWORD', isSecret: true },
  schema: {
    type: {
      ...choice('flat', 'otel'),
      or: { name: 'a table made by defineTable()', accepts: isTable },
    },
    default: 'flat',
  },
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
      codec: { type: choice('gzip', 'br', 'none'), default: 'gzip' },
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
  tls: {
    type: group({
      ca: { type: text() },
      cert: { type: text() },
      key: { type: text() },
      servername: { type: text() },
      rejectUnauthorized: { type: FLAG },
    }),
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
}

const namedDestination: Record<keyof NamedDestinationOptions, Option> = {
  ...destination,
  name: { type: textOrEmpty(destinationNameProblem) },
}

export const NAMED_DESTINATION: Group = { ...group(namedDestination), required: ['name'] }

const all: Record<keyof Options, Option> = {
  ...destination,
  destinations: { type: list(NAMED_DESTINATION, 16) },
  acknowledge: { type: choice('delivered', 'accepted'), default: 'delivered' },
  flushOnSignal: { type: FLAG, default: false, environment: 'FLUSH_ON_SIGNAL' },
  onDrop: { type: custom('must be a function', (value) => typeof value === 'function') },
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

/** What only the environment can set. */
export const ENVIRONMENT_ONLY: Group = group({
  warnings: { type: FLAG, default: true, environment: 'WARNINGS' },
})

function isSettingValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
