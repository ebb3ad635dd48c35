export { ByteWriter } from './byte-writer.js'
export type { Column, ColumnShape } from './column.js'
export {
  type Common,
  type CompactRows,
  type Constants,
  commonOf,
} from './compact.js'
export type { DdlOptions, Placement } from './ddl.js'
export { type Encoding, type Limits, newEncoding, ROW_ROOM } from './encoding.js'
export { flatTraces } from './flat-traces.js'
export { quoteIdentifier } from './identifier.js'
export { KeyLists, type LengthOf } from './key-lists.js'
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
export { quoteText } from './sql-text.js'
export { compactRowsOf, defineTable, type Table, type TableDefinition } from './table.js'
export { newTally, type Tally } from './tally.js'
export { type RowShape, wholeRow } from './whole-row.js'
