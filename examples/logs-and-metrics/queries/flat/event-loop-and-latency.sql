-- Is the service slow because its event loop is blocked? The delay of the loop beside the requests, for each {step} seconds.
WITH
  {from:DateTime64(9, 'UTC')} AS since,
  {to:DateTime64(9, 'UTC')} AS until,
  loop AS (
    SELECT
      toStartOfInterval(timestamp, toIntervalSecond({step:UInt32})) AS time,
      -- In milliseconds. Every process sends its own: the worst of them counts.
      1000 * maxIf(value, metric_name = 'nodejs.eventloop.delay.p99') AS delay_p99_ms,
      maxIf(value, metric_name = 'nodejs.eventloop.utilization') AS utilization
    FROM metrics
    WHERE service_name = {service:String} AND timestamp >= since AND timestamp < until
      AND metric_name IN ('nodejs.eventloop.delay.p99', 'nodejs.eventloop.utilization')
    GROUP BY time
  ),
  requests AS (
    SELECT
      toStartOfInterval(timestamp, toIntervalSecond({step:UInt32})) AS time,
      count() AS requests,
      quantileExact(0.99)(duration_ms) AS p99_ms
    FROM traces
    WHERE service_name = {service:String} AND timestamp >= since AND timestamp < until AND span_kind = 'SERVER'
    GROUP BY time
  )
SELECT time, requests, p99_ms, delay_p99_ms, utilization
FROM loop
FULL JOIN requests USING time
ORDER BY time
SETTINGS join_use_nulls = 1
