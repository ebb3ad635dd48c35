import type { Agent } from 'node:http'
import type { MeterProvider } from '@opentelemetry/api'
import type { SpanLike, Table } from '@spanhouse/transform'
import { z } from 'zod'
import { MAX_TIMER_MS } from './deadline.js'
import { endpointProblem } from './endpoint.js'
import { describe, shownName } from './option-problems.js'
import type { Options } from './options.js'

const MiB = 1024 * 1024

const whole = (min: number, max = Number.MAX_SAFE_INTEGER) => z.int().min(min).max(max)
const ms = (min = 0) => z.number().min(min).max(MAX_TIMER_MS)
const nonEmpty = z.string().min(1)
// What Node accepts in a header: anything else would only fail when the first request is made.
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'is no header name')
const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'holds characters that no header may have')
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
  'async_insert',
  'wait_for_async_insert',
  'insert_deduplicate',
  'insert_deduplication_token',
  'deduplicate_blocks_in_dependent_materialized_views',
  'input_format_parallel_parsing',
  'query',
  'query_id',
  'user',
  'password',
  'default_format',
  'wait_end_of_query',
])

const destinationShape = {
  endpoint: z.string().superRefine((text, { addIssue }) => {
    const problem = endpointProblem(text)
    if (problem !== undefined) addIssue(problem)
  }),
  database: nonEmpty,
  table: nonEmpty,
  username: nonEmpty.refine((name) => !name.includes(':'), 'must not contain a colon'),
  password: z.string(),
  schema: z.union([
    z.enum(['flat', 'otel']),
    z.custom<Table<SpanLike>>(isTable, "must be 'flat', 'otel' or a table made by defineTable()"),
  ]),
  timeoutMs: ms(1),
  batch: z
    .strictObject({ maxRows: whole(1, 1_000_000), maxBytes: whole(1, 256 * MiB), maxDelayMs: ms() })
    .partial(),
  compression: z
    .strictObject({
      codec: z.enum(['gzip', 'br', 'none']),
      level: whole(1, 9),
      thresholdBytes: whole(0),
    })
    .partial(),
  retry: z
    .strictObject({
      maxRetries: z.custom<number | 'unlimited'>(
        (value) => value === 'unlimited' || (Number.isSafeInteger(value) && Number(value) >= 0),
        "must be a whole number, 0 or more, or 'unlimited'",
      ),
      initialDelayMs: ms(),
      multiplier: z.number().min(1).max(100),
      maxDelayMs: ms(),
    })
    .partial(),
  queue: z
    .strictObject({ maxBytes: whole(1), whenFull: z.enum(['drop_oldest', 'drop_newest']) })
    .partial(),
  spool: z
    .strictObject({
      directory: nonEmpty,
      maxBytes: whole(1),
      fsync: z.enum(['always', 'interval', 'never']),
      leaseMs: ms(100),
    })
    .partial(),
  deadLetter: z.union([
    z.strictObject({ directory: nonEmpty, maxBytes: whole(1).optional() }),
    z.strictObject({ table: nonEmpty }),
  ]),
  asyncInsert: z.boolean(),
  manageSchema: z.enum(['create', 'validate', 'off']),
  ttl: whole(1),
  tls: z
    .strictObject({
      ca: nonEmpty,
      cert: nonEmpty,
      key: nonEmpty,
      servername: nonEmpty,
      rejectUnauthorized: z.boolean(),
    })
    .partial(),
  headers: z.record(
    headerName.refine((name) => !ownHeaders.has(name.toLowerCase()), 'is set by the exporter'),
    headerValue,
  ),
  settings: z.record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no setting name')
      .refine((name) => !ownSettings.has(name), 'is set by the exporter'),
    z.union([z.string(), z.number(), z.boolean()], 'must be a string, number or boolean'),
  ),
  agent: z.custom<Agent>((value) => hasMethod(value, 'destroy'), 'must be an http.Agent'),
}

/** What a destination may be called. */
export const DESTINATION_NAME: RegExp = /^[A-Za-z0-9_-]{1,64}$/

const destinationSchema = z
  .strictObject({
    ...destinationShape,
    name: z.string().regex(DESTINATION_NAME, 'must be 1 to 64 letters, digits, _ or -'),
  })
  .partial()
  .required({ name: true })

const MAX_DESTINATIONS = 16

const optionsSchema = z
  .strictObject({
    ...destinationShape,
    destinations: z.array(destinationSchema).min(1).max(MAX_DESTINATIONS),
    acknowledge: z.enum(['delivered', 'accepted']),
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
    limits: z
      .strictObject({
        attributeValueLength: whole(1),
        attributeCount: whole(0),
        eventCount: whole(0),
        linkCount: whole(0),
        rowBytes: whole(1),
      })
      .partial(),
  })
  .partial()

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
  const parsed = optionsSchema.safeParse(options)
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue, options))
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

interface Names {
  readonly known: readonly string[]
  /** Options that hold options. What stands in others is taken as it is. */
  readonly groups?: Readonly<Record<string, Names>>
}

const namesOf = (schema: z.ZodObject): Names => ({ known: Object.keys(schema.shape) })
const groups: Readonly<Record<string, Names>> = {
  ...Object.fromEntries(
    Object.entries(destinationShape).flatMap(([name, schema]) =>
      schema instanceof z.ZodObject ? [[name, namesOf(schema)]] : [],
    ),
  ),
  limits: namesOf(optionsSchema.shape.limits.unwrap()),
  deadLetter: { known: ['directory', 'maxBytes', 'table'] },
  headers: { known: [] },
  settings: { known: [] },
}

/**
 * The options as they are at this moment, each read once: a getter may throw, and may say something else the next time.
 * Inherited ones count, but for those of every object. Adds what cannot be read to `problems`.
 */
export function readOptions(options: unknown, problems: string[]): unknown {
  return readFields(options, { ...namesOf(optionsSchema), groups }, '', problems)
}

function readFields(
  given: unknown,
  { known, groups = {} }: Names,
  at: string,
  problems: string[],
): unknown {
  try {
    if (typeof given !== 'object' || given === null) return given
    if (Array.isArray(given)) return [] // as wrong as any list, and no Proxy
    const inherited = known.filter((name) => name in given && !(name in Object.prototype))
    const names = [...new Set([...Object.keys(given), ...inherited])]
    return Object.fromEntries(
      names.flatMap((name): [string, unknown][] => {
        const path = `${at}${shownName(name)}`
        if (name === '__proto__') {
          problems.push(`${path} is no option`) // zod leaves it out without a word
          return []
        }
        try {
          const value = (given as Record<string, unknown>)[name]
          const group = Object.hasOwn(groups, name) ? groups[name] : undefined
          if (group) return [[name, readFields(value, group, `${path}.`, problems)]]
          return [[name, path === 'destinations' ? readDestinations(value, problems) : value]]
        } catch {
          problems.push(unreadable(path))
          return []
        }
      }),
    )
  } catch {
    problems.push(unreadable(at.slice(0, -1) || 'options'))
    return {}
  }
}

function readDestinations(given: unknown, problems: string[]): unknown {
  if (!Array.isArray(given)) return given
  if (given.length > MAX_DESTINATIONS) {
    // Before anybody goes through all of them.
    problems.push(`destinations: ${given.length} are too many, ${MAX_DESTINATIONS} are the most`)
    return undefined
  }
  const names = { ...namesOf(destinationSchema), groups }
  return Array.from({ length: given.length }, (_, index) =>
    readFields(given[index], names, `destinations.${index}.`, problems),
  )
}

function unreadable(path: string): string {
  return `${path} cannot be read: what gives it throws, so give the value itself`
}
