-- How much a counter grew in each {step} seconds, and how much that is a second, also across restarts of the process.
WITH {from:DateTime64(9, 'UTC')} AS since, {to:DateTime64(9, 'UTC')} AS until
SELECT
  toStartOfInterval(timestamp, toIntervalSecond({step:UInt32})) AS time,
  attributes,
  sum(growth) AS total,
  total / {step:UInt32} AS per_second
FROM (
  SELECT
    timestamp,
    attributes,
    lagInFrame(toNullable(value)) OVER series AS previous, -- null for the first point
    multiIf(
      temporality = 'delta', value,
      previous IS NULL, if(start_timestamp >= since - INTERVAL 10 MINUTE, value, 0),
      value < previous, value, -- a reset without a new start_timestamp: some sources have none
      value - previous
    ) AS growth
  FROM metrics
  WHERE service_name = {service:String} AND metric_name = {metric:String} AND is_monotonic
    -- Ten minutes more, so that the first point within the range has one before it.
    AND timestamp >= since - INTERVAL 10 MINUTE AND timestamp < until
  WINDOW series AS (
    -- After a restart a counter begins at 0 again, with another start_timestamp: that is a series of its own.
    PARTITION BY cityHash64(resource_attributes, scope_name, attributes), start_timestamp
    ORDER BY timestamp, value -- a table with whole seconds may have two points in one
    ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
  )
)
WHERE timestamp >= since
GROUP BY time, attributes
ORDER BY time, toString(attributes)
