export type { Column, ColumnShape } from './column.js'
export type { DdlOptions, Placement } from './ddl.js'
export type { Encoding, Limits } from './encoding.js'
export { flatTraces } from './flat-traces.js'
export { quoteIdentifier } from './identifier.js'
export { otelTraces } from './otel-traces.js'
export { spansFromOtlpJson } from './otlp-json.js'
export type {
  AttributesLike,
  EventLike,
  HrTime,
  LinkLike,
  ResourceLike,
  ScopeLike,
  SpanContextLike,
  SpanLike,
} from './span.js'
export { defineTable, type Table, type TableDefinition } from './table.js'
export { newTally, type Tally } from './tally.js'
