-- What went wrong in the requests that took longer than {slow_ms} milliseconds: their log lines of severity ERROR and above, the slowest
-- trace first.
WITH {from:DateTime64(9, 'UTC')} AS since, {to:DateTime64(9, 'UTC')} AS until
SELECT
  line.timestamp AS time,
  line.service_name AS service,
  line.body AS body,
  slow.request,
  slow.duration_ms,
  slow.trace_id AS trace_id
FROM logs AS line
INNER JOIN (
  SELECT trace_id, span_name AS request, duration_ms
  FROM traces
  -- A span without a parent lasts as long as its trace.
  WHERE timestamp >= since AND timestamp < until AND parent_span_id = '' AND duration_ms > {slow_ms:Float64}
) AS slow ON slow.trace_id = line.trace_id
-- A trace that began within the range may go on after it.
WHERE line.timestamp >= since AND line.timestamp < until + INTERVAL 10 MINUTE AND line.severity_number >= 17
ORDER BY duration_ms DESC, trace_id, time
LIMIT 100
