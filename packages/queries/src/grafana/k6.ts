import { queryOf } from '../ask/query.js'
import { quoteTable } from '../table/quoting.js'
import { grafanaSql, inRange, tableIn } from './chosen.js'

// The tables of `spanhouse k6`, about the run in the variable `run`.

const SAMPLES = /* @__PURE__ */ quoteTable(/* @__PURE__ */ tableIn('samples'))
const THRESHOLDS = /* @__PURE__ */ quoteTable(/* @__PURE__ */ tableIn('thresholds'))
const RUN = `run_id = decodeURLComponent('\${run:percentencode}')`
const OF_RUN = `${RUN} AND $__timeFilter_ms(timestamp)`
const sql = (text: string): string => grafanaSql(queryOf('k6', text))

/** The runs of the range, the newest first, for the variable `run`. */
export const k6Runs = (): string =>
  sql(`SELECT run_id
FROM ${SAMPLES}
WHERE ${inRange('timestamp')}
GROUP BY run_id
ORDER BY max(timestamp) DESC
LIMIT 500`)

/** One row. Durations are milliseconds, as k6 measures them. */
export const k6Totals = (): string =>
  sql(`SELECT
  sumIf(value, metric = 'http_reqs') AS requests,
  requests / greatest(dateDiff('millisecond', min(timestamp), max(timestamp)) / 1000, 1) AS rate,
  ifNotFinite(avgIf(value, metric = 'http_req_failed'), 0) AS failed,
  ifNotFinite(quantileIf(0.95)(value, metric = 'http_req_duration'), 0) AS p95,
  sumIf(value, metric = 'iterations') AS iterations,
  maxIf(value, metric = 'vus') AS vus,
  ifNotFinite(avgIf(value, metric = 'checks'), 1) AS checks
FROM ${SAMPLES}
WHERE ${OF_RUN}`)

/** The verdicts, failures first. They are written at the end of a run, so the range does not matter. */
export const k6Thresholds = (): string =>
  sql(`SELECT
  metric,
  threshold,
  verdict,
  observed,
  verdict_by AS decided_by,
  abort_on_fail,
  timestamp AS ended
FROM ${THRESHOLDS}
WHERE ${RUN}
ORDER BY verdict = 'failed' DESC, id`)

export const k6RequestsOverTime = (): string =>
  sql(`SELECT
  $__timeInterval(timestamp) AS time,
  sumIf(value, metric = 'http_reqs') / $__interval_s AS requests,
  sumIf(value, metric = 'http_req_failed') / $__interval_s AS failed
FROM ${SAMPLES}
WHERE ${OF_RUN}
  AND metric IN ('http_reqs', 'http_req_failed')
GROUP BY time
ORDER BY time`)

export const k6DurationsOverTime = (): string =>
  sql(`SELECT
  $__timeInterval(timestamp) AS time,
  quantile(0.5)(value) AS p50,
  quantile(0.95)(value) AS p95,
  quantile(0.99)(value) AS p99
FROM ${SAMPLES}
WHERE ${OF_RUN}
  AND metric = 'http_req_duration'
GROUP BY time
ORDER BY time`)

export const k6UsersOverTime = (): string =>
  sql(`SELECT
  $__timeInterval(timestamp) AS time,
  maxIf(value, metric = 'vus') AS users,
  sumIf(value, metric = 'iterations') / $__interval_s AS iterations
FROM ${SAMPLES}
WHERE ${OF_RUN}
  AND metric IN ('vus', 'iterations')
GROUP BY time
ORDER BY time`)

/** By the name of the request, which is the URL if the script gives none. */
export const k6Requests = (): string =>
  sql(`SELECT
  tags['name'] AS request,
  tags['method'] AS method,
  sumIf(value, metric = 'http_reqs') AS requests,
  ifNotFinite(avgIf(value, metric = 'http_req_failed'), 0) AS failed,
  quantileIf(0.5)(value, metric = 'http_req_duration') AS p50,
  quantileIf(0.95)(value, metric = 'http_req_duration') AS p95,
  maxIf(value, metric = 'http_req_duration') AS max
FROM ${SAMPLES}
WHERE ${OF_RUN}
  AND metric IN ('http_reqs', 'http_req_failed', 'http_req_duration')
GROUP BY request, method
ORDER BY p95 DESC
LIMIT 200`)

export const k6Checks = (): string =>
  sql(`SELECT
  tags['check'] AS check,
  tags['group'] AS group,
  sum(value) AS passed,
  count() - passed AS failed,
  passed / count() AS rate
FROM ${SAMPLES}
WHERE ${OF_RUN}
  AND metric = 'checks'
GROUP BY check, group
ORDER BY failed DESC, check
LIMIT 200`)
