import type { Agent } from 'node:http'
import type { MeterProvider } from '@opentelemetry/api'
import type { SpanLike, Table } from '@spanhouse/transform'
import { en } from 'zod/locales'
import * as z from 'zod/mini'
import { MAX_TIMER_MS } from '../common/deadline.js'
import { endpointProblem } from './endpoint.js'
import { FIXED_SETTINGS } from './insert-settings.js'
import { describe, dottedName, unreadable } from './option-problems.js'
import type { Options } from './options.js'

// Given with each parse: zod's configuration is one for the whole process, and the application's.
const ENGLISH = { error: en().localeError }

const MiB = 1024 * 1024

const whole = (min: number, max = Number.MAX_SAFE_INTEGER) => z.int().check(z.gte(min), z.lte(max))
const ms = (min = 0) => z.number().check(z.gte(min), z.lte(MAX_TIMER_MS))
const nonEmpty = z.string().check(z.minLength(1))
const checked = (problemOf: (text: string) => string | undefined) =>
  z.string().check((payload) => {
    const message = problemOf(payload.value)
    if (message !== undefined)
      payload.issues.push({ code: 'custom', input: payload.value, message })
  })
/** The name of a database or table. */
const tableName = checked(dottedName).check(z.minLength(1))
/** An object of options, each of which may be missing. */
const group = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.partial(z.strictObject(shape))
// What Node accepts in a header: anything else would only fail when the first request is made.
const headerName = z.string().check(z.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no header name'))
const headerValue = z
  .string()
  .check(z.regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'holds characters that no header may have'))
const ownHeaders = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'connection',
  'expect',
])
// These carry the guarantees; `asyncInsert` and `acknowledge` are the ways to choose otherwise.
const ownSettings = new Set([
  ...FIXED_SETTINGS,
  'query',
  'query_id',
  'user',
  'password',
  'default_format',
])

const destinationShape = {
  endpoint: checked(endpointProblem),
  database: tableName,
  table: tableName,
  username: nonEmpty.check(z.refine((name) => !name.includes(':'), 'must not contain a colon')),
  password: z.string(),
  schema: z.union([
    z.enum(['flat', 'otel']),
    z.custom<Table<SpanLike>>(isTable, "must be 'flat', 'otel' or a table made by defineTable()"),
  ]),
  timeoutMs: ms(1),
  batch: group({ maxRows: whole(1, 1_000_000), maxBytes: whole(1, 256 * MiB), maxDelayMs: ms() }),
  compression: group({
    codec: z.enum(['gzip', 'br', 'none']),
    level: whole(1, 9),
    thresholdBytes: whole(0),
  }),
  retry: group({
    maxRetries: z.custom<number | 'unlimited'>(
      (value) => value === 'unlimited' || (Number.isSafeInteger(value) && Number(value) >= 0),
      "must be a whole number, 0 or more, or 'unlimited'",
    ),
    initialDelayMs: ms(),
    multiplier: z.number().check(z.gte(1), z.lte(100)),
    maxDelayMs: ms(),
  }),
  queue: group({ maxBytes: whole(1), whenFull: z.enum(['drop_oldest', 'drop_newest']) }),
  spool: group({
    directory: nonEmpty,
    maxBytes: whole(1),
    fsync: z.enum(['always', 'interval', 'never']),
    leaseMs: ms(100),
  }),
  deadLetter: z.union([
    z.strictObject({ directory: nonEmpty, maxBytes: z.optional(whole(1)) }),
    z.strictObject({ table: tableName }),
  ]),
  asyncInsert: z.boolean(),
  manageSchema: z.enum(['create', 'validate', 'off']),
  ttl: whole(1),
  tls: group({
    ca: nonEmpty,
    cert: nonEmpty,
    key: nonEmpty,
    servername: nonEmpty,
    rejectUnauthorized: z.boolean(),
  }),
  headers: z.record(
    headerName.check(
      z.refine((name) => !ownHeaders.has(name.toLowerCase()), 'is set by the exporter'),
    ),
    headerValue,
  ),
  settings: z.record(
    z.string().check(
      z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no setting name'),
      z.refine((name) => !ownSettings.has(name), 'is set by the exporter'),
    ),
    z.union([z.string(), z.number(), z.boolean()], 'must be a string, number or boolean'),
  ),
  agent: z.custom<Agent>(
    (value) => hasMethod(value, 'addRequest') && hasMethod(value, 'destroy'),
    "must be an Agent of node:http or node:https, or derived from one; undici's Agent cannot be used",
  ),
}

/** What a destination may be called. */
export const DESTINATION_NAME: RegExp = /^[A-Za-z0-9_-]{1,64}$/

const destinationSchema = z.extend(group(destinationShape), {
  name: z.string().check(z.regex(DESTINATION_NAME, 'must be 1 to 64 letters, digits, _ or -')),
})

const limitsShape = {
  attributeValueLength: whole(1),
  attributeCount: whole(0),
  eventCount: whole(0),
  linkCount: whole(0),
  rowBytes: whole(1),
}

export const MAX_DESTINATIONS = 16

const optionsSchema = group({
  ...destinationShape,
  destinations: z.array(destinationSchema).check(z.minLength(1), z.maxLength(MAX_DESTINATIONS)),
  acknowledge: z.enum(['delivered', 'accepted']),
  flushOnSignal: z.boolean(),
  onDrop: z.custom<NonNullable<Options['onDrop']>>(
    (value) => typeof value === 'function',
    'must be a function',
  ),
  meterProvider: z.custom<Pick<MeterProvider, 'getMeter'>>(
    (value) => hasMethod(value, 'getMeter'),
    'must be a MeterProvider',
  ),
  flushTimeoutMs: ms(1),
  shutdownTimeoutMs: ms(1),
  limits: group(limitsShape),
})

/** What is wrong with options by themselves, as short sentences; empty if nothing is. */
export function checkOptions(options: unknown): string[] {
  try {
    return problemsOf(options)
  } catch {
    // One of them is a Proxy that throws, and nobody says which.
    return Object.entries(options as object).flatMap(([name, value]) => {
      try {
        return problemsOf({ [name]: value })
      } catch {
        return [unreadable(name)]
      }
    })
  }
}

function problemsOf(options: unknown): string[] {
  const parsed = optionsSchema.safeParse(options, ENGLISH)
  return parsed.success
    ? []
    : parsed.error.issues.flatMap((issue) => describe(issue, options, NAMES))
}

function isTable(value: unknown): boolean {
  try {
    const table = value as Partial<Table<SpanLike>> | null
    return (
      hasMethod(table, 'toLine') &&
      hasMethod(table, 'ddl') &&
      Array.isArray(table?.insertColumns) &&
      typeof table.name === 'string' &&
      typeof table.database === 'string'
    )
  } catch {
    return false
  }
}

function hasMethod(value: unknown, name: string): boolean {
  try {
    return typeof (value as Record<string, unknown> | null)?.[name] === 'function'
  } catch {
    return false // a getter or Proxy trap of the value's
  }
}

/** What an object of options may hold. */
export interface Names {
  readonly known: readonly string[]
  /** Options that hold options. What stands in others is taken as it is. */
  readonly groups?: Readonly<Record<string, Names>>
}

const namesOf = (schema: z.ZodMiniObject): Names => ({ known: Object.keys(schema.shape) })
const groups: Readonly<Record<string, Names>> = {
  ...Object.fromEntries(
    Object.entries(destinationShape).flatMap(([name, schema]) =>
      schema instanceof z.ZodMiniObject ? [[name, namesOf(schema)]] : [],
    ),
  ),
  limits: { known: Object.keys(limitsShape) },
  deadLetter: { known: ['directory', 'maxBytes', 'table'] },
  headers: { known: [] },
  settings: { known: [] },
}

export const OPTION_NAMES: Names = { ...namesOf(optionsSchema), groups }
export const DESTINATION_OPTION_NAMES: Names = { ...namesOf(destinationSchema), groups }
const NAMES: Names = {
  ...OPTION_NAMES,
  groups: { ...groups, destinations: DESTINATION_OPTION_NAMES },
}
