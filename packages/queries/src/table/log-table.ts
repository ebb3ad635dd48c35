/**
 * What a query reads of a line of a log. Each is an SQL expression over the columns of one table, which the query calls `log`: a text,
 * unless the name says otherwise (`timestamp` is a DateTime64, `attributes` and `resource` are maps of texts). `body` is JSON if it was no
 * text. `severityNumber` is 1 to 24 as OTLP has it, 0 if it is not known.
 */
export type LogField =
  | 'traceId'
  | 'spanId'
  | 'timestamp'
  | 'severityNumber'
  | 'severityText'
  | 'body'
  | 'eventName'
  | 'service'
  | 'attributes'
  | 'resource'
  | 'scopeName'
  | 'scopeVersion'

/** A table of logs on a server, and how each field is read from it. */
export interface LogTable {
  readonly database: string
  readonly table: string
  /** `flat`: ours. `otel`: the Collector's. `own`: another table with enough known columns. */
  readonly family: 'flat' | 'otel' | 'own'
  /** The expression of every field. A field without a column is a constant: an empty text or map, or 0. */
  readonly fields: Readonly<Record<LogField, string>>
  /** The fields that have no column in this table. */
  readonly missing: readonly LogField[]
  /** The column of whole seconds that older tables of the Collector are partitioned and sorted by. */
  readonly seconds: string | undefined
}
