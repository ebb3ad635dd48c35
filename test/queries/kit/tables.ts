import { createClient } from '@clickhouse/client'
import type { ClickHouseServer, User } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces, quoteIdentifier, type SpanLike } from '@spanhouse/transform'
import {
  copyable,
  type Query,
  type SpanTable,
  spanTables,
  type TableColumnRow,
  tablesQuery,
} from '../../../packages/queries/src/index.js'

/** May read and set nothing. Its profile has what would change answers if a query relied on the defaults. */
export const READER: User = {
  name: 'reader',
  readonly: 1,
  settings: {
    session_timezone: 'America/New_York',
    output_format_json_quote_64bit_integers: 1,
  },
}

export interface Asked<Row> {
  readonly rows: Row[]
  readonly rowsRead: number
}

/** Asks as the user `reader`. */
export async function ask<Row>({ url }: ClickHouseServer, query: Query<Row>): Promise<Asked<Row>> {
  const client = createClient({ url, username: 'reader', password: '' })
  try {
    const { sql, parameters } = query
    const result = await client.query({ query: sql, query_params: parameters, format: 'JSON' })
    const { data, statistics } = await result.json<Row>()
    return { rows: data, rowsRead: statistics?.rows_read ?? 0 }
  } finally {
    await client.close()
  }
}

/** The rows of the same question with its parameters as literals. */
export async function askCopied<Row>(server: ClickHouseServer, query: Query<Row>): Promise<Row[]> {
  const response = await fetch(`${server.url}/?user=reader&default_format=JSON`, {
    method: 'POST',
    body: copyable(query),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return JSON.parse(text).data
}

/** As the page and the command find the tables. */
export async function tablesIn(server: ClickHouseServer, database: string): Promise<SpanTable[]> {
  const { rows } = await ask<TableColumnRow>(server, tablesQuery())
  return spanTables(rows).filter((table) => table.database === database)
}

/** Writes the spans into a table of each family, and into one that somebody else might have made. */
export async function fillTables(
  server: ClickHouseServer,
  database: string,
  spans: readonly SpanLike[],
): Promise<SpanTable[]> {
  for (const table of [flatTraces, otelTraces]) {
    for (const statement of table.ddl({ database })) await server.query(statement)
    const at = `${quoteIdentifier(database)}.${quoteIdentifier(table.name)}`
    const columns = table.insertColumns.map(quoteIdentifier).join(', ')
    const lines = spans.map((span) => table.toLine(span)).join('\n')
    await server.query(`INSERT INTO ${at} (${columns}) FORMAT JSONEachRow\n${lines}`)
  }
  for (const statement of OWN)
    await server.query(statement.replaceAll('$db', quoteIdentifier(database)))
  const tables = await tablesIn(server, database)
  if (tables.length !== 3) throw new Error(`${tables.length} tables in ${database}`)
  return tables
}

/** Other names, other types, nulls, and columns that are called as results of our queries. */
const OWN = [
  `CREATE TABLE $db.\`{limit:UInt64} o'wn\` (
    TRACE_ID FixedString(32), spanId String, parentId Nullable(String), operationName LowCardinality(String),
    start_time DateTime64(6, 'Asia/Tokyo'), duration_ms Float64,
    kind Enum8('SPAN_KIND_INTERNAL' = 1, 'SPAN_KIND_SERVER' = 2, 'SPAN_KIND_CLIENT' = 3, 'SPAN_KIND_PRODUCER' = 4, 'SPAN_KIND_CONSUMER' = 5),
    service Nullable(String), status Nullable(Int8), status_message Nullable(String),
    tags Map(String, String), resource String,
    spans UInt8, errors String, start_us UInt8, first_us UInt8, key UInt8, value UInt8, bucket_us String, caller UInt8, count UInt8
  ) ENGINE = MergeTree ORDER BY start_time`,
  `INSERT INTO $db.\`{limit:UInt64} o'wn\`
    (TRACE_ID, spanId, parentId, operationName, start_time, duration_ms, kind, service, status, status_message, tags, resource, spans)
  SELECT trace_id, span_id,
    if(parent_span_id = '', [NULL, '', '0000000000000000'][cityHash64(span_id) % 3 + 1], parent_span_id),
    span_name, timestamp, duration_ms, concat('SPAN_KIND_', span_kind), service_name,
    transform(status_code, ['OK', 'ERROR'], [1, 2], NULL), nullIf(status_message, ''), attributes, toJSONString(resource_attributes), 7
  FROM $db.traces`,
]
