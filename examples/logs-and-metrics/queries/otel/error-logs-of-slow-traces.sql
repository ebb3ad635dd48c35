-- What went wrong in the requests that took longer than {slow_ms} milliseconds: their log lines of severity ERROR and above, the slowest
-- trace first.
WITH {from:DateTime64(9, 'UTC')} AS since, {to:DateTime64(9, 'UTC')} AS until
SELECT
  line.Timestamp AS time,
  line.ServiceName AS service,
  line.Body AS body,
  slow.request,
  slow.duration_ms,
  slow.TraceId AS trace_id
FROM otel_logs AS line
INNER JOIN (
  SELECT TraceId, SpanName AS request, Duration / 1e6 AS duration_ms
  FROM otel_traces
  -- A span without a parent lasts as long as its trace.
  WHERE Timestamp >= since AND Timestamp < until AND ParentSpanId = '' AND duration_ms > {slow_ms:Float64}
) AS slow ON slow.TraceId = line.TraceId
-- A trace that began within the range may go on after it.
WHERE line.Timestamp >= since AND line.Timestamp < until + INTERVAL 10 MINUTE AND line.SeverityNumber >= 17
ORDER BY duration_ms DESC, trace_id, time
LIMIT 100
