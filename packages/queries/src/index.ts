export type { Parameter, Query } from './ask/query.js'
export type * from './ask/rows.js'
export { type TraceIdRow, traceIdsQuery } from './ask/trace-ids.js'
export type { AttributeCondition, Search } from './search/search.js'
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
export { repeatFigures, repeatText } from './trace/repeat-text.js'
export { clockText, timeText } from './trace/time-text.js'
export type { Repeat, Segment, Trace, TraceService, TraceSpan } from './trace/trace.js'
export { type RepeatJson, type SpanJson, type TraceJson, traceJson } from './trace/trace-json.js'
export { traceMarkdown } from './trace/trace-markdown.js'
export { type Shown, visibleRows, type WaterfallRow } from './trace/visible-rows.js'
