import type { Agent } from 'node:http'
import type { MeterProvider } from '@opentelemetry/api'
import type { SpanLike, Table } from '@spanhouse/transform'
import { z } from 'zod'
import { MAX_TIMER_MS } from './deadline.js'
import { endpointProblem } from './endpoint.js'
import { describe } from './option-problems.js'
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
  agent: z.custom<Agent>(
    (value) => typeof (value as Agent | null)?.destroy === 'function',
    'must be an http.Agent',
  ),
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

const optionsSchema = z
  .strictObject({
    ...destinationShape,
    destinations: z.array(destinationSchema).min(1).max(16),
    acknowledge: z.enum(['delivered', 'accepted']),
    onDrop: z.custom<NonNullable<Options['onDrop']>>(
      (value) => typeof value === 'function',
      'must be a function',
    ),
    meterProvider: z.custom<Pick<MeterProvider, 'getMeter'>>(
      (value) => typeof (value as MeterProvider | null)?.getMeter === 'function',
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
  const parsed = optionsSchema.safeParse(options)
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => describe(issue, options))
}

function isTable(value: unknown): boolean {
  const table = value as Partial<Table<SpanLike>> | null
  return (
    typeof table?.toLine === 'function' &&
    typeof table.ddl === 'function' &&
    Array.isArray(table.insertColumns)
  )
}
