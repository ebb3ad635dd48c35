-- Is the service slow because its event loop is blocked? The delay of the loop beside the requests, for each {step} seconds.
WITH
  {from:DateTime64(9, 'UTC')} AS since,
  {to:DateTime64(9, 'UTC')} AS until,
  loop AS (
    SELECT
      toStartOfInterval(TimeUnix, toIntervalSecond({step:UInt32})) AS time,
      -- In milliseconds. Every process sends its own: the worst of them counts.
      1000 * maxIf(Value, MetricName = 'nodejs.eventloop.delay.p99') AS delay_p99_ms,
      maxIf(Value, MetricName = 'nodejs.eventloop.utilization') AS utilization
    FROM otel_metrics_gauge
    WHERE ServiceName = {service:String} AND TimeUnix >= since AND TimeUnix < until
      AND MetricName IN ('nodejs.eventloop.delay.p99', 'nodejs.eventloop.utilization')
    GROUP BY time
  ),
  requests AS (
    SELECT
      toStartOfInterval(Timestamp, toIntervalSecond({step:UInt32})) AS time,
      count() AS requests,
      quantileExact(0.99)(Duration) / 1e6 AS p99_ms
    FROM otel_traces
    WHERE ServiceName = {service:String} AND Timestamp >= since AND Timestamp < until AND SpanKind = 'Server'
    GROUP BY time
  )
SELECT time, requests, p99_ms, delay_p99_ms, utilization
FROM loop
FULL JOIN requests USING time
ORDER BY time
SETTINGS join_use_nulls = 1
