import { type Query, queryOf } from './query.js'

/** A table of metrics, one row a data point. */
export interface MetricTable {
  readonly database: string
  readonly table: string
  readonly family: 'flat' | 'otel'
  /** Whether its counters may be reported as changes. The Collector's table of gauges has no column for it. */
  readonly has_temporality: boolean
}

/** The columns that the health of exporters is read from. */
const COLUMNS = {
  flat: [
    'metric_name',
    'timestamp',
    'value',
    'temporality',
    'service_name',
    'attributes',
    'resource_attributes',
  ],
  otel: ['MetricName', 'TimeUnix', 'Value', 'ServiceName', 'Attributes', 'ResourceAttributes'],
} as const

/** The tables of metrics on a server that `healthQuery` can read. */
export function metricTablesQuery(): Query<MetricTable> {
  const has = (names: readonly string[]) =>
    `hasAll(groupArray(name), [${names.map((name) => `'${name}'`).join(', ')}])`
  const sql = `
SELECT
  database,
  table,
  if(${has(COLUMNS.flat)}, 'flat', 'otel') AS family,
  toBool(hasAny(groupArray(name), ['temporality', 'AggregationTemporality'])) AS has_temporality
FROM system.columns
WHERE database NOT IN ('system', 'information_schema', 'INFORMATION_SCHEMA')
  AND NOT (name IN ('Attributes', 'ResourceAttributes', 'attributes', 'resource_attributes') AND NOT startsWith(type, 'Map('))
GROUP BY database, table
HAVING ${has(COLUMNS.flat)} OR ${has(COLUMNS.otel)}
ORDER BY database, table
LIMIT 50`
  return queryOf('metric-tables', sql)
}
