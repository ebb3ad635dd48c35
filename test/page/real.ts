import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatTraces, otelLogs, otelTraces } from '@spanhouse/transform'
import { openReader } from '../../packages/spanhouse/src/clickhouse/open-reader.js'
import { readPage } from '../../packages/spanhouse/src/page/files.js'
import { newApi } from '../../packages/spanhouse/src/page/new-api.js'
import { openPage } from '../../packages/spanhouse/src/page/server.js'
import { builtPage } from './kit.js'

/** The page as the command serves it, on a ClickHouse of its own with both tables, which are empty. */
export interface RealPage {
  readonly server: ClickHouseServer
  /** With the token. */
  readonly url: string
  /** Without the token: for a browser that has opened `url` before. */
  readonly origin: string
  /** What the page's server says went wrong in itself. */
  readonly mistakes: unknown[]
  close(): Promise<void>
}

export async function openRealPage(options: { tables?: boolean } = {}): Promise<RealPage> {
  const [server, folder] = await Promise.all([startClickHouse(), builtPage()])
  if (options.tables !== false) await createTables(server)
  const reader = openReader({
    url: server.url,
    username: 'default',
    password: '',
    headers: {},
    tls: {},
  })
  const mistakes: unknown[] = []
  const target = { database: 'telemetry', table: 'traces' }
  const logs = { database: 'telemetry', table: 'logs' }
  const page = await openPage({
    api: newApi({ reader, target, logs, version: '0.1.0' }),
    files: readPage(folder),
    onMistake: (error) => void mistakes.push(error),
  })
  return {
    server,
    url: page.url,
    origin: new URL(page.url).origin,
    mistakes,
    close: async () => {
      await page.close()
      await reader.close()
      await server.stop()
    },
  }
}

export async function createTables(server: ClickHouseServer): Promise<void> {
  for (const table of [flatTraces, flatLogs])
    for (const statement of table.ddl({ database: 'telemetry' })) await server.query(statement)
  for (const table of [otelTraces, otelLogs])
    for (const statement of table.ddl({ database: 'otel' })) await server.query(statement)
}

export interface Filling {
  readonly traces: number
  /** Of each trace; the first is the root. */
  readonly spans: number
  /** The traces start one after another until this moment, in milliseconds. */
  readonly endMs: number
  readonly everyMs: number
}

/**
 * Fills the flat table: a storefront that calls a catalog, a payment and a database. Every 25th trace fails, durations spread over three
 * powers of ten.
 */
export async function fill(server: ClickHouseServer, filling: Filling): Promise<void> {
  const { traces, spans, endMs, everyMs } = filling
  await server.query(`
INSERT INTO telemetry.traces
  (trace_id, span_id, parent_span_id, span_name, span_kind, timestamp, timestamp_ns, duration_ms, duration_ns, service_name,
   status_code, status_message, attributes, resource_attributes, scope_name)
SELECT
  lower(hex(MD5(toString(t)))) AS trace_id,
  substring(lower(hex(MD5(concat('s', toString(number))))), 1, 16) AS span_id,
  if(i = 0, '', substring(lower(hex(MD5(concat('s', toString(if(i < 4, number - i, number - 1)))))), 1, 16)),
  multiIf(i = 0, ['GET /products/:id', 'POST /cart/checkout', 'GET /'][1 + t % 3], i = 1, 'GET /stock', i = 2, 'POST /charge', 'SELECT products'),
  multiIf(i = 0, 'server', i < 3, 'server', 'client'),
  fromUnixTimestamp64Nano(toInt64(start_ns)),
  start_ns,
  duration / 1e6,
  duration,
  multiIf(i = 0, 'storefront', i = 1, 'catalog', i = 2, 'payment', 'storefront'),
  if(t % 25 = 0 AND i IN (0, 2), 'error', 'unset'),
  if(t % 25 = 0 AND i = 2, 'card declined', ''),
  map('http.route', ['/products/:id', '/cart/checkout', '/'][1 + t % 3], 'user.id', concat('user ', toString(t % 50))),
  map('service.name', 'storefront', 'deployment.environment.name', 'demo'),
  'test'
FROM
(
  SELECT number, intDiv(number, ${spans}) AS t, number % ${spans} AS i,
    toUInt64(${endMs - traces * everyMs} + t * ${everyMs} + i) * 1000000 AS start_ns,
    toUInt64(pow(10, 6 + 2.5 * (cityHash64(t) % 1000) / 1000) / (1 + i)) AS duration
  FROM numbers(${traces * spans})
)`)
}
