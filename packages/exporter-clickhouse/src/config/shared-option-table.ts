import { DEFAULT_ENDPOINT, endpointProblem } from './endpoint-url.js'
import {
  bytes,
  choice,
  custom,
  type Fields,
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
import { ROUTING } from './routing-table.js'
import type { SharedOptions } from './shared-options.js'
import { SIGNALS } from './signal.js'

const MiB = 1024 * 1024

const TEXT: Option = { type: text() }

/** The part of the table of options that all signals of a destination share. `option-table.ts` says what an entry is. */
export const SHARED: Record<keyof SharedOptions<never>, Option> = {
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
    type: {
      ...list(
        { ...text(), or: required(['attribute'], { attribute: TEXT, column: TEXT, type: TEXT }) },
        100,
      ),
      mayBeEmpty: true,
    },
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

function required(names: readonly string[], fields: Fields): Group {
  return { ...group(fields), required: names }
}

function isSettingValue(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}
