/**
 * What a query reads of a span. Each is an SQL expression over the columns of one table, which the query calls `span`: a text, unless the
 * name says otherwise (`timestamp` is a DateTime64, `attributes` and `resource` are maps of texts, what belongs to events and links is an
 * array). `kind` is in lower case, `status` is `ok`, `error` or `unset`, and a root's `parentSpanId` is empty or zeros.
 */
export type Field =
  | 'traceId'
  | 'spanId'
  | 'parentSpanId'
  | 'traceState'
  | 'name'
  | 'kind'
  | 'timestamp'
  | 'durationNs'
  | 'service'
  | 'status'
  | 'statusMessage'
  | 'attributes'
  | 'resource'
  | 'scopeName'
  | 'scopeVersion'
  | 'eventTimes'
  | 'eventNames'
  | 'eventAttributes'
  | 'linkTraceIds'
  | 'linkSpanIds'
  | 'linkTraceStates'
  | 'linkAttributes'

/** A table of spans on a server, and how each field is read from it. */
export interface SpanTable {
  readonly database: string
  readonly table: string
  /** `flat`: ours. `otel`: the Collector's. `own`: another table with enough known columns. */
  readonly family: 'flat' | 'otel' | 'own'
  /** The expression of every field. A field without a column is a constant: an empty text, list or map. */
  readonly fields: Readonly<Record<Field, string>>
  /** The fields that have no column in this table. */
  readonly missing: readonly Field[]
}

/** A column as `system.columns` has it. */
export interface ServerColumn {
  readonly name: string
  readonly type: string
}
