-- All that the services of one trace said while it ran and {seconds} seconds before and after: the lines of the trace, and those beside it.
WITH
  toIntervalMillisecond(toInt64({seconds:Float64} * 1000)) AS margin,
  (
    SELECT (min(timestamp) - margin, max(timestamp + toIntervalNanosecond(duration_ns)) + margin, groupUniqArray(service_name))
    FROM traces
    WHERE trace_id = {trace_id:String}
  ) AS trace
SELECT
  timestamp AS time,
  service_name AS service,
  severity_text AS severity,
  body,
  trace_id = {trace_id:String} AS is_of_the_trace,
  span_id
FROM logs
WHERE timestamp >= trace.1 AND timestamp <= trace.2 AND (has(trace.3, service_name) OR trace_id = {trace_id:String})
ORDER BY time
LIMIT 1000
