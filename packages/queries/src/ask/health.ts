import { wholeUs } from '../search/time-range.js'
import { quoteTable } from '../table/quoting.js'
import type { MetricTable } from './metric-tables.js'
import { type Query, queryOf } from './query.js'
import type { HealthRow } from './rows.js'

export interface HealthOptions {
  /** Only data points since then. Counters that are reported as changes are added up since then. Default: all. */
  readonly fromUs?: number | undefined
}

/** The exporter's metrics and what each is called here. The drops are counted by `spanhouse.dropped`, not by what has an `error.type`. */
const MEASURES: Readonly<Record<string, string>> = {
  'otel.sdk.exporter.span.exported': 'delivered',
  'otel.sdk.exporter.log.exported': 'delivered',
  'otel.sdk.exporter.metric_data_point.exported': 'delivered',
  'otel.sdk.exporter.span.inflight': 'waiting',
  'otel.sdk.exporter.log.inflight': 'waiting',
  'otel.sdk.exporter.metric_data_point.inflight': 'waiting',
  'spanhouse.dropped': 'dropped',
  'spanhouse.queue.bytes': 'queue_bytes',
  'spanhouse.spool.bytes': 'spool_bytes',
  'spanhouse.errors': 'errors',
  'spanhouse.retries_exceeded': 'retries_exceeded',
}

const quoted = (name: string) => `'${name}'`
const NAMES = Object.keys(MEASURES).map(quoted).join(', ')

/** What is read from a row of `healthPoints`. */
export const MEASURE: string = `transform(metric, [${NAMES}], [${Object.values(MEASURES).map(quoted).join(', ')}], '')`
export const REASON = "if(metric = 'spanhouse.dropped', attributes['reason'], '')"
export const IS_HEALTH = `attributes['destination'] != ''
    AND attributes['error.type'] = ''`
const INSTANCE = `if(resource['service.instance.id'] != '', resource['service.instance.id'],
      concat(resource['host.name'], ' ', resource['process.pid']))`

/** The names of the conventions say the signal; our own metrics have an attribute for it. Without one, they are about spans. */
export const SIGNAL = `multiIf(
      startsWith(metric, 'otel.sdk.exporter.log.'), 'logs',
      startsWith(metric, 'otel.sdk.exporter.metric_data_point.'), 'metrics',
      attributes['signal'] != '', attributes['signal'],
      'traces')`

/** The newest value of each of the exporter's own metrics, by process, destination and signal. No tables have no rows. */
export function healthQuery(
  tables: readonly MetricTable[],
  { fromUs }: HealthOptions = {},
): Query<HealthRow> {
  const isLimited = fromUs !== undefined
  const points = tables.length === 0 ? NO_POINTS : healthPoints(tables, isLimited)
  const sql = `
SELECT
  ${MEASURE} AS measure,
  service,
  instance,
  destination,
  signal,
  reason,
  sum(newest) AS value,
  toFloat64(max(newest_us)) AS at_us
FROM (
  SELECT
    metric,
    service,
    ${INSTANCE} AS instance,
    attributes['destination'] AS destination,
    ${SIGNAL} AS signal,
    ${REASON} AS reason,
    if(max(is_delta), sum(value), argMax(value, time)) AS newest,
    max(toUnixTimestamp64Micro(time)) AS newest_us
  FROM (
${points}
  )
  WHERE ${IS_HEALTH}
  GROUP BY metric, service, instance, destination, signal, reason, toString(attributes)
)
GROUP BY measure, service, instance, destination, signal, reason
ORDER BY service, instance, destination, signal DESC, measure, reason
LIMIT 10000`
  return queryOf('health', sql, isLimited ? { from_us: wholeUs(fromUs) } : {})
}

/** The data points of the exporter's metrics; with `isLimited`, those since the parameter `from_us`. */
export function healthPoints(tables: readonly MetricTable[], isLimited: boolean): string {
  return tables.map((table) => pointsOf(table, isLimited)).join('\n    UNION ALL\n')
}

const COLUMNS = {
  flat: {
    metric: 'point.metric_name',
    service: 'point.service_name',
    attributes: 'point.attributes',
    resource: 'point.resource_attributes',
    time: 'point.timestamp',
    value: 'point.value',
    temporality: 'point.temporality',
  },
  otel: {
    metric: 'point.MetricName',
    service: 'point.ServiceName',
    attributes: 'point.Attributes',
    resource: 'point.ResourceAttributes',
    time: 'point.TimeUnix',
    value: 'point.Value',
    temporality: 'point.AggregationTemporality',
  },
} as const

function pointsOf(table: MetricTable, isLimited: boolean): string {
  const { metric, service, attributes, resource, time, value, temporality } = COLUMNS[table.family]
  const isDelta = table.has_temporality
    ? `lower(toString(${temporality})) IN ('1', 'delta')`
    : 'toUInt8(0)'
  const since = isLimited ? `\n    AND ${time} >= fromUnixTimestamp64Micro({from_us:Int64})` : ''
  return `    SELECT
      toString(${metric}) AS metric,
      toString(${service}) AS service,
      CAST(${attributes}, 'Map(String, String)') AS attributes,
      CAST(${resource}, 'Map(String, String)') AS resource,
      toDateTime64(${time}, 9) AS time,
      toFloat64(${value}) AS value,
      ${isDelta} AS is_delta
    FROM ${quoteTable(table)} AS point
    WHERE ${metric} IN (${NAMES})${since}`
}

/** The answer where there is no table. */
const NO_POINTS = `    SELECT
      '' AS metric,
      '' AS service,
      map('', '') AS attributes,
      map('', '') AS resource,
      now64(9) AS time,
      toFloat64(0) AS value,
      toUInt8(0) AS is_delta
    WHERE 0`
