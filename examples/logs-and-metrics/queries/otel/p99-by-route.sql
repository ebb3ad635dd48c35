-- The time within which 99 % of the requests of each route were answered, in each {step} seconds, from the histograms of the HTTP server.
WITH
  {from:DateTime64(9, 'UTC')} AS since,
  {to:DateTime64(9, 'UTC')} AS until,
  arrayCumSum(counts) AS up_to,
  -- The bucket of the request that 99 % are not slower than. Within a bucket, requests count as evenly spread.
  0.99 * up_to[-1] AS rank,
  arrayFirstIndex(n -> n >= rank, up_to) AS bucket,
  if(bucket = 1, least(bounds[1], 0), bounds[bucket - 1]) AS lower
SELECT
  time,
  route,
  up_to[-1] AS requests,
  -- The last bucket has no upper bound: the answer is then "at least this".
  if(
    bucket > length(bounds),
    bounds[-1],
    lower + (bounds[bucket] - lower) * (1 - (up_to[bucket] - rank) / counts[bucket])
  ) AS p99_s
FROM (
  SELECT
    toStartOfInterval(TimeUnix, toIntervalSecond({step:UInt32})) AS time,
    Attributes['http.route'] AS route,
    bounds,
    sumForEach(growth) AS counts
  FROM (
    SELECT
      TimeUnix,
      Attributes,
      ExplicitBounds AS bounds,
      CAST(BucketCounts, 'Array(Float64)') AS now,
      lagInFrame(now) OVER series AS last, -- empty for the first point
      arrayResize(last, length(now)) AS previous,
      multiIf(
        AggregationTemporality = 1, now,
        empty(last) AND StartTimeUnix < since - INTERVAL 10 MINUTE, arrayMap(n -> 0., now),
        arrayExists((a, b) -> a < b, now, previous), now, -- a reset without a new StartTimeUnix: some sources have none
        arrayMap((a, b) -> a - b, now, previous)
      ) AS growth
    FROM otel_metrics_histogram
    WHERE ServiceName = {service:String} AND MetricName = 'http.server.request.duration'
      -- Ten minutes more, so that the first point within the range has one before it.
      AND TimeUnix >= since - INTERVAL 10 MINUTE AND TimeUnix < until AND notEmpty(ExplicitBounds)
    WINDOW series AS (
      -- After a restart a histogram begins at 0 again, with another StartTimeUnix: that is a series of its own.
      PARTITION BY cityHash64(ResourceAttributes, ScopeName, Attributes, ExplicitBounds), StartTimeUnix
      ORDER BY TimeUnix, Count -- a table with whole seconds may have two points in one
      ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    )
  )
  WHERE TimeUnix >= since
  -- Histograms with other bounds cannot be added to these: they get rows of their own.
  GROUP BY time, route, bounds
)
WHERE requests > 0
ORDER BY time, route
