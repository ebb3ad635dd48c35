-- All that the services of one trace said while it ran and {seconds} seconds before and after: the lines of the trace, and those beside it.
WITH
  toIntervalMillisecond(toInt64({seconds:Float64} * 1000)) AS margin,
  (
    SELECT (min(Timestamp) - margin, max(Timestamp + toIntervalNanosecond(Duration)) + margin, groupUniqArray(ServiceName))
    FROM otel_traces
    WHERE TraceId = {trace_id:String}
  ) AS trace
SELECT
  Timestamp AS time,
  ServiceName AS service,
  SeverityText AS severity,
  Body AS body,
  TraceId = {trace_id:String} AS is_of_the_trace,
  SpanId AS span_id
FROM otel_logs
WHERE Timestamp >= trace.1 AND Timestamp <= trace.2 AND (has(trace.3, ServiceName) OR TraceId = {trace_id:String})
ORDER BY time
LIMIT 1000
