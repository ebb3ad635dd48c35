-- How much a counter grew in each {step} seconds, and how much that is a second, also across restarts of the process.
WITH {from:DateTime64(9, 'UTC')} AS since, {to:DateTime64(9, 'UTC')} AS until
SELECT
  toStartOfInterval(TimeUnix, toIntervalSecond({step:UInt32})) AS time,
  Attributes AS attributes,
  sum(growth) AS total,
  total / {step:UInt32} AS per_second
FROM (
  SELECT
    TimeUnix,
    Attributes,
    lagInFrame(toNullable(Value)) OVER series AS previous, -- null for the first point
    multiIf(
      AggregationTemporality = 1, Value,
      previous IS NULL, if(StartTimeUnix >= since - INTERVAL 10 MINUTE, Value, 0),
      Value < previous, Value, -- a reset without a new StartTimeUnix: some sources have none
      Value - previous
    ) AS growth
  FROM otel_metrics_sum
  WHERE ServiceName = {service:String} AND MetricName = {metric:String} AND IsMonotonic
    -- Ten minutes more, so that the first point within the range has one before it.
    AND TimeUnix >= since - INTERVAL 10 MINUTE AND TimeUnix < until
  WINDOW series AS (
    -- After a restart a counter begins at 0 again, with another StartTimeUnix: that is a series of its own.
    PARTITION BY cityHash64(ResourceAttributes, ScopeName, Attributes), StartTimeUnix
    ORDER BY TimeUnix, Value -- a table with whole seconds may have two points in one
    ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
  )
)
WHERE TimeUnix >= since
GROUP BY time, attributes
ORDER BY time, toString(attributes)
