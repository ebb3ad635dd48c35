import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { quoteIdentifier, quoteText, type SpanLike } from '@spanhouse/transform'
import { type Config, type DestinationConfig, Pipeline } from '#exporter'
import { type Check, type Found, ok, problem, skipped, warning } from './check.js'
import type { Facts } from './facts.js'

export const NAME = 'spanhouse doctor'
const FLUSH_MS = 10_000
/** Distributed and Buffer tables show rows late. */
const FOUND_WITHIN_MS = 5000
const POLL_MS = 100
/** Long enough for a second attempt. */
const PATIENCE_MS = 2500

/** What is hard to carry: quotation marks, a letter of two bytes, one of four, a line break. */
const ATTRIBUTES = {
  'spanhouse.doctor': 'it\'s "quoted", ü, 🦊\n\\',
  'spanhouse.number': 42,
  'spanhouse.flag': true,
}

/** Sends one span with the exporter itself, reads it back, and removes it. */
export const testSpan: Check<Facts> = {
  id: 'test-span',
  title: 'test span',
  needs: ['rights', 'table', 'columns', 'profile'],
  deadlineMs: 60_000,
  async run(facts, signal) {
    if (!facts.wishes.testSpan) return [skipped('not sent, because of --no-test-span')]
    const columns = columnsOf(facts)
    if (!columns) return [skipped('not sent: the table has a schema of its own')]
    const traceId = randomBytes(16).toString('hex')
    const refusal = await send(facts, spanOf(traceId))
    if (refusal) return [refusal]
    const found = await read(facts, columns, traceId, signal)
    return [found, ...(await remove(facts, columns, traceId))]
  },
}

interface Columns {
  readonly traceId: string
  readonly name: string
  readonly attributes: string
}

/** The columns that are read back, in our tables or in the Collector's. Undefined for a table that lacks them. */
function columnsOf({ destination }: Facts): Columns | undefined {
  const names = new Set(destination.targets[0].schema.columns.map(({ name }) => name))
  return [
    { traceId: 'trace_id', name: 'span_name', attributes: 'attributes' },
    { traceId: 'TraceId', name: 'SpanName', attributes: 'SpanAttributes' },
  ].find((one) => Object.values(one).every((name) => names.has(name)))
}

function spanOf(traceId: string): SpanLike {
  const context = { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: 1 }
  const now = Date.now()
  const time: [number, number] = [Math.floor(now / 1000), (now % 1000) * 1_000_000]
  return {
    name: NAME,
    kind: 0,
    spanContext: () => context,
    startTime: time,
    endTime: [time[0], Math.min(time[1] + 1000, 999_999_999)],
    status: { code: 0 },
    attributes: ATTRIBUTES,
    events: [],
    links: [],
    resource: { attributes: { 'service.name': NAME } },
    instrumentationScope: { name: NAME },
  }
}

/** As the application would, but for the spool, dead letters and patience. Resolves with a finding if it was not delivered. */
async function send(facts: Facts, span: SpanLike): Promise<Found | undefined> {
  // The check is among those of destinations of traces only.
  const config = facts.config as Config<SpanLike>
  const destination = facts.destination as DestinationConfig<SpanLike>
  const { name } = destination
  const pipeline = new Pipeline<SpanLike>({
    ...config,
    destinations: [
      {
        ...destination,
        spool: undefined,
        deadLetter: undefined,
        manageSchema: 'validate',
        timeoutMs: Math.min(destination.timeoutMs, FLUSH_MS),
        batch: { ...destination.batch, maxDelayMs: 0 },
      },
    ],
    doubts: [],
    acknowledge: 'delivered',
    flushOnSignal: false,
    shutdownTimeoutMs: 500,
    warnings: false,
    onDrop: undefined,
    meterProvider: undefined,
  })
  try {
    await pipeline.export([span])
    const statsOf = () => pipeline.stats().destinations[name]
    const flushing = new AbortController()
    const flushed = pipeline.flush(FLUSH_MS).catch(() => {})
    await Promise.race([flushed, hasFailed(statsOf, flushing.signal)])
    flushing.abort()
    const stats = statsOf()
    if (stats?.delivered === 1) return undefined
    return problem(`the server did not take it: ${stats?.lastError ?? 'it did not answer'}`)
  } finally {
    await pipeline.shutdown()
  }
}

/** Resolves some time after the first error: the exporter goes on trying, but a person waits. */
async function hasFailed(
  statsOf: () => { readonly lastError: string | null } | undefined,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (statsOf()?.lastError == null) await sleep(POLL_MS, undefined, { signal, ref: false })
    await sleep(PATIENCE_MS, undefined, { signal })
  } catch {
    // It was flushed.
  }
}

async function read(
  { server, table, passed }: Facts,
  columns: Columns,
  traceId: string,
  signal: AbortSignal,
): Promise<Found> {
  const { name, attributes } = columns
  const sql = `SELECT ${quoteIdentifier(name)} AS name, ${quoteIdentifier(attributes)} AS attributes FROM ${table.quoted} WHERE ${ofTrace(columns, traceId)} LIMIT 3`
  const deadline = performance.now() + FOUND_WITHIN_MS
  for (;;) {
    const { rows, refused } = await server.rows(sql)
    if (refused)
      return skipped(`delivered, but this user cannot read it back: ${refused.text}`, refused.fix)
    if (rows.length === 0 && performance.now() < deadline) {
      await sleep(POLL_MS, undefined, { signal })
      continue
    }
    if (rows.length === 0)
      return problem(
        'the server took it, but it is not in the table',
        passed('engine')
          ? 'Does another replica answer, or does a row policy or a TTL hide it?'
          : 'The engine of the table does not keep rows.',
      )
    if (rows.length > 1)
      return problem(`it is there ${rows.length} times`, 'Something on the way repeats requests.')
    const wrong = differing(rows[0]?.['attributes'])
    if (rows[0]?.['name'] !== NAME || wrong.length > 0)
      return problem(
        `it came back altered (${wrong.join(', ') || 'its name'})`,
        'Compare the columns with the schema.',
      )
    return ok('sent by the exporter, and found once with the same attributes')
  }
}

function differing(attributes: unknown): string[] {
  return Object.entries(ATTRIBUTES)
    .filter(([key, value]) => String(attributeIn(attributes, key)) !== String(value))
    .map(([key]) => key)
}

/** The value of an attribute. A Map is answered with its keys as they are, a JSON column as objects within objects. */
function attributeIn(attributes: unknown, key: string): unknown {
  const there = Object(attributes)
  return Object.hasOwn(there, key)
    ? there[key]
    : key.split('.').reduce<unknown>((within, part) => Object(within)[part], there)
}

function ofTrace({ traceId }: Columns, id: string): string {
  return `${quoteIdentifier(traceId)} = ${quoteText(id)}`
}

async function remove(
  { server, table, destination }: Facts,
  columns: Columns,
  traceId: string,
): Promise<Found[]> {
  const where = ofTrace(columns, traceId)
  const light = await server.run(`DELETE FROM ${table.quoted} WHERE ${where}`)
  const removed = light.refused
    ? await server.run(
        `ALTER TABLE ${table.quoted} DELETE WHERE ${where} SETTINGS mutations_sync = 1`,
      )
    : light
  if (removed.refused)
    return [
      ok(`one span named "${NAME}" stays in ${table.name}, because this user cannot delete it`),
    ]
  const { rows } = await server.rows(`SELECT count() AS left FROM ${table.quoted} WHERE ${where}`)
  if (rows && Number(rows[0]?.['left']) > 0)
    return [
      warning(`the span named "${NAME}" is still there, although the server accepted its deletion`),
    ]
  // The view beside the table has noted the trace, too.
  const { database, table: name, schema } = destination.targets[0]
  if (schema.ddl({ database, table: name }).some((one) => one.includes(`${name}_trace_id_ts_mv`)))
    await server.run(
      `DELETE FROM ${quoteIdentifier(database)}.${quoteIdentifier(`${name}_trace_id_ts`)} WHERE ${where}`,
    )
  return [ok('removed again')]
}
