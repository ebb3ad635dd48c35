export {
  keysQuery,
  operationNamesQuery,
  type ValuesOptions,
  valuesQuery,
} from './ask/attributes.js'
export { copyable } from './ask/copyable.js'
export { edgesQuery, MAX_EDGES } from './ask/edges.js'
export { extentQuery } from './ask/extent.js'
export { type HealthOptions, healthQuery } from './ask/health.js'
export { logsOfTraceQuery, newestLogsQuery, type TraceLogsOptions } from './ask/logs.js'
export { type MetricTable, metricTablesQuery } from './ask/metric-tables.js'
export { type OperationsOptions, operationsQuery } from './ask/operations.js'
export type { Query } from './ask/query.js'
export { type Buckets, heatQuery, ratesQuery } from './ask/rates.js'
export type * from './ask/rows.js'
export { MAX_SERVICES, servicesQuery } from './ask/services.js'
export { type NewSpansOptions, newSpansQuery, spansQuery } from './ask/spans.js'
export { logTables, spanTables, type TableColumnRow, tablesQuery } from './ask/tables.js'
export { type TraceOptions, traceQuery } from './ask/trace.js'
export { type TraceIdRow, traceIdsQuery } from './ask/trace-ids.js'
export { TRACE_MARGIN_US, type TracesOptions, tracesQuery } from './ask/traces.js'
export { conditions } from './search/conditions.js'
export type { LogSearch } from './search/log-search.js'
export { type Parsed, parseSearch } from './search/parse-search.js'
export { type AttributeCondition, KINDS, type Search } from './search/search.js'
export { searchText } from './search/search-text.js'
export { LEVELS, type Level, severityOfLevel } from './search/severity.js'
export type { Parameter, Parameters, Sql } from './search/sql.js'
export type { LogField, LogTable } from './table/log-table.js'
export { recogniseSpanTable } from './table/recognise.js'
export { recogniseLogTable } from './table/recognise-logs.js'
export type { Field, ServerColumn, SpanTable } from './table/span-table.js'
export { type BarMarks, barText } from './trace/bar.js'
export { buildTrace } from './trace/build-trace.js'
export {
  type ComparedOperation,
  type Comparison,
  compareTraces,
  type OperationSum,
} from './trace/compare-traces.js'
export {
  type CriticalOperation,
  criticalNs,
  criticalOperations,
} from './trace/critical-operations.js'
export { nsText } from './trace/duration-text.js'
export { exceptionsOf, type RecordedException, shortStack } from './trace/exceptions.js'
export { harmless, harmlessJson, harmlessLines } from './trace/harmless.js'
export { isoTime, type LogJson, logJson, logOffsetNs } from './trace/log-json.js'
export { levelOf } from './trace/log-level.js'
export { mostSevere } from './trace/log-markdown.js'
export { repeatFigures, repeatText } from './trace/repeat-text.js'
export { spanMarkdown } from './trace/span-markdown.js'
export { clockText, timeText } from './trace/time-text.js'
export type { Repeat, Segment, Trace, TraceService, TraceSpan } from './trace/trace.js'
export {
  type RepeatJson,
  type SpanJson,
  spanJson,
  type TraceJson,
  traceJson,
} from './trace/trace-json.js'
export { traceMarkdown } from './trace/trace-markdown.js'
export { type Shown, visibleRows, type WaterfallRow } from './trace/visible-rows.js'
