/** Not for use outside this repository: it changes without notice. It holds what the exporter and the command need in addition to the public entry. */
export { type CompactForm, compactFormOf, type ResourceForm } from './compact/compact-rows.js'
export { KeyLists, type LengthOf } from './compact/key-lists.js'
export { type RowShape, wholeRow } from './compact/whole-row.js'
export { bodyOf } from './log/values.js'
export { otelMetricsJsonTables } from './schemas/otel-json.js'
export { otelMetricsTables } from './schemas/otel-metrics.js'
export { localName } from './sql/cluster.js'
export {
  addColumn,
  addIndex,
  engineSql,
  onCluster,
  type TableShape,
  withoutSetting,
} from './sql/ddl.js'
export { retentionSettings, serviceColumn, ttlExpression } from './sql/retention.js'
export { unescaped } from './sql/text.js'
export { promotedTable } from './table/extend.js'
export { compactRowsOf, ownIdsOf, shapeOf } from './table/table.js'
export { canonicalType } from './types/canonical.js'
export { exactFloat } from './types/exact-float.js'
export { readMoment } from './values/iso-time.js'
export { mapEntries, setValues } from './values/native.js'
export { isList, plainValue } from './values/plain-value.js'
export { ByteWriter } from './writing/byte-writer.js'
export { type Encoding, newEncoding, ROW_ROOM } from './writing/encoding.js'
export { addTally, isZero } from './writing/tally.js'
