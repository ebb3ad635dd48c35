import { healthPoints, healthQuery, IS_HEALTH, MEASURE, REASON, SIGNAL } from '../ask/health.js'
import { queryOf } from '../ask/query.js'
import { grafanaSql, RANGE } from './chosen.js'
import { type Family, TABLES } from './tables.js'
import { within } from './within.js'

/** How long before the range the last value of a counter is looked for: several intervals of export, by default a minute each. */
const BEFORE_US = 600e6

/** The newest values of each exporter: a row for each process, destination and signal. */
export function exportersTable(family: Family): string {
  const asked = grafanaSql(healthQuery(TABLES[family].metrics, { fromUs: RANGE.fromUs }))
  const newest = (measure: string) => `sumIf(value, measure = '${measure}') AS ${measure}`
  return `SELECT
  service,
  instance,
  destination,
  signal,
  ${['delivered', 'waiting', 'dropped', 'errors', 'queue_bytes', 'spool_bytes'].map(newest).join(',\n  ')},
  arrayStringConcat(arraySort(groupUniqArrayIf(reason, measure = 'dropped' AND value > 0)), ', ') AS reasons,
  fromUnixTimestamp64Micro(toInt64(max(at_us))) AS last
FROM (
  ${within(asked)}
)
GROUP BY service, instance, destination, signal
ORDER BY dropped DESC, waiting DESC, service, instance, destination, signal`
}

const LINES = {
  delivered: "concat(destination, ', ', signal)",
  dropped: "concat(destination, ', ', signal, ': ', reason)",
  errors: "concat(destination, ', ', signal)",
} as const

/** What a counter grew by, a second. A counter that is new, or smaller than before, began at 0. */
export function exportsOverTime(family: Family, measure: keyof typeof LINES): string {
  const points = healthPoints(TABLES[family].metrics, true)
  return grafanaSql(
    queryOf(
      measure,
      `SELECT
  step AS time,
  ${LINES[measure]} AS line,
  sum(multiIf(is_delta, total, newest < before, newest, newest - before)) / $__interval_s AS value
FROM (
  SELECT
    series,
    destination,
    signal,
    reason,
    $__timeInterval(point.time) AS step,
    max(is_delta) AS is_delta,
    sum(value) AS total,
    argMax(value, point.time) AS newest,
    lagInFrame(newest) OVER (PARTITION BY series ORDER BY step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before
  FROM (
    SELECT
      cityHash64(metric, service, resource, attributes) AS series,
      attributes['destination'] AS destination,
      ${SIGNAL.replaceAll('\n', '\n  ')} AS signal,
      ${REASON} AS reason,
      is_delta,
      time,
      value
    FROM (
${points.replaceAll(/^/gm, '  ')}
    )
    WHERE ${MEASURE} = '${measure}'
      AND ${IS_HEALTH.replaceAll('\n', '\n  ')}
  ) AS point
  GROUP BY series, destination, signal, reason, step
)
WHERE step + toIntervalSecond($__interval_s) > $__fromTime
GROUP BY time, line
ORDER BY time, line`,
      { from_us: RANGE.fromUs - BEFORE_US },
    ),
  )
}

/** Rows that wait, or bytes in memory or on disk: the newest of each process in each step, added up. */
export function exportLevels(
  family: Family,
  measure: 'waiting' | 'queue_bytes' | 'spool_bytes',
): string {
  const points = healthPoints(TABLES[family].metrics, true)
  return grafanaSql(
    queryOf(
      measure,
      `SELECT
  step AS time,
  concat(destination, ', ', signal) AS line,
  sum(newest) AS value
FROM (
  SELECT
    attributes['destination'] AS destination,
    ${SIGNAL} AS signal,
    $__timeInterval(point.time) AS step,
    argMax(value, point.time) AS newest
  FROM (
${points}
  ) AS point
  WHERE ${MEASURE} = '${measure}'
    AND ${IS_HEALTH}
  GROUP BY metric, service, resource, attributes, destination, signal, step
)
GROUP BY time, line
ORDER BY time, line`,
      { from_us: RANGE.fromUs },
    ),
  )
}
