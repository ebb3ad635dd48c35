import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import {
  flatLogs,
  otelLogs,
  quoteIdentifier,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import { makeLog } from '../../../packages/transform/test/logs.js'
import { hrTime } from '../../kit/measurements.js'
import { BASE_US, type ModelSpan, modelSpans, toSpan } from '../../queries/kit/model.js'
import { fillTables, READER } from '../../queries/kit/tables.js'
import { dashboardAt, sqlOfVariable } from './dashboards.js'
import { frame, type Look } from './data-source.js'

/** Names of services that end a text too early, unless they are passed safely. */
const NAMES: Readonly<Record<string, string>> = {
  payment: "pay\\', 1) --",
  shop: 'shop %27 & $trace',
}
const EVENT_AT_NS = 250_000

/** As `modelSpans`, with such names. */
export const SPANS: readonly ModelSpan[] = modelSpans(20261129, 60).map((span) => ({
  ...span,
  service: NAMES[span.service] ?? span.service,
}))
export const SERVICES: readonly string[] = [...new Set(SPANS.map(({ service }) => service))]

const FROM_MS = BASE_US / 1000 + 120_000
export const RANGE = { fromMs: FROM_MS, toMs: FROM_MS + 900_000 }
export const SEARCH = { fromUs: RANGE.fromMs * 1000, toUs: RANGE.toMs * 1000 }

export interface Line {
  readonly atMs: number
  readonly traceId: string
  readonly service: string
  readonly level: string
  readonly body: string
}
const LEVELS = { INFO: 9, ERROR: 17 } as const

/** A line for every second span, the errors among them for spans with errors and for some others. */
export const LINES: readonly Line[] = SPANS.filter((_, n) => n % 2 === 0).map((span, n) => ({
  atMs: Math.floor(span.startUs / 1000) + 1,
  traceId: n % 7 === 0 ? '' : span.traceId,
  service: span.service,
  level: n % 5 === 0 ? 'ERROR' : 'INFO',
  body: `line ${n} of ${span.name.slice(0, 20)}`,
}))

/** The span with an exception and a link, which a message of its status does not explain. */
export const withDetails = (span: ModelSpan): SpanLike => {
  const made = toSpan(span)
  if (span.status !== 'error' || span.message !== '') return made
  const at = BigInt(span.startUs) * 1000n + BigInt(EVENT_AT_NS)
  return {
    ...made,
    events: [
      {
        name: 'exception',
        time: [Number(at / 1_000_000_000n), Number(at % 1_000_000_000n)],
        attributes: { 'exception.type': 'Error', 'exception.message': `no ${span.kind}` },
      },
    ],
    links: [
      { context: { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) }, attributes: { why: "it's" } },
    ],
  } as SpanLike
}

/** A server with the same spans and lines in both schemas. */
export async function filledServer(): Promise<ClickHouseServer> {
  const server = await startClickHouse({ users: [READER] })
  await fillTables(server, 'telemetry', SPANS.map(withDetails))
  const records = LINES.map(({ atMs, traceId, service, level, body }) =>
    makeLog({
      hrTime: hrTime(atMs),
      severityText: level,
      severityNumber: LEVELS[level as keyof typeof LEVELS],
      body,
      attributes: { 'user.id': 'u-1' },
      resource: { attributes: { 'service.name': service } },
      spanContext: traceId ? { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 } : undefined,
    }),
  )
  await store(server, flatLogs, records)
  await store(server, otelLogs, records)
  return server
}

/** Creates the table in the database `telemetry` and writes the records. */
export async function store<Record>(
  server: ClickHouseServer,
  table: Pick<Table<Record, unknown>, 'name' | 'ddl' | 'insertColumns' | 'toLine'>,
  records: readonly Record[],
): Promise<void> {
  for (const statement of table.ddl({ database: 'telemetry' })) await server.query(statement)
  if (records.length === 0) return
  const columns = table.insertColumns.map(quoteIdentifier).join(', ')
  const lines = records.map((record) => table.toLine(record)).join('\n')
  await server.query(
    `INSERT INTO telemetry.${table.name} (${columns}) FORMAT JSONEachRow\n${lines}`,
  )
}

/** The dashboard as it is opened: each variable has its first value, unless it is given. */
export async function opened(
  server: Pick<ClickHouseServer, 'url'>,
  path: string,
  given: Readonly<Record<string, string>> = {},
  range: { readonly fromMs: number; readonly toMs: number } = RANGE,
  user?: Readonly<Record<string, string>>,
): Promise<Look> {
  let look: Look = { ...range, intervalMs: 30_000, values: {} }
  for (const variable of dashboardAt(path).templating.list) {
    const { name, includeAll } = variable
    const sql = sqlOfVariable(variable)
    const value =
      given[name] ?? (includeAll ? '$__all' : sql && (await first(server, sql, look, user)))
    look = { ...look, values: { ...look.values, [name]: value ?? '' } }
  }
  return look
}

async function first(
  server: Pick<ClickHouseServer, 'url'>,
  sql: string,
  look: Look,
  user: Readonly<Record<string, string>> | undefined,
) {
  const { rows } = await frame(server, sql, look, user)
  return String(Object.values(rows[0] ?? {})[0] ?? '')
}
