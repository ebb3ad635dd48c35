import type {
  EdgeRow,
  ExtentRow,
  HealthRow,
  HeatRow,
  KeyRow,
  LogRow,
  OperationRow,
  RateRow,
  ServiceRow,
  SpanBrief,
  SpanRow,
  SpanTable,
  TraceRow,
  ValueRow,
} from '@spanhouse/queries'

/** The rows of each named query of the server. */
export interface Rows {
  traces: TraceRow
  trace: SpanRow
  logs: LogRow
  spans: SpanBrief
  services: ServiceRow
  operations: OperationRow
  edges: EdgeRow
  rates: RateRow
  heat: HeatRow
  keys: KeyRow
  values: ValueRow
  'operation-names': ValueRow
  extent: ExtentRow
  health: HealthRow
}

export type QueryName = keyof Rows

export interface Answer<Row> {
  readonly rows: readonly Row[]
  /** To paste anywhere. */
  readonly sql: string
  readonly elapsedMs: number
  readonly rowsRead: number
  /** There are more rows than the answer has. */
  readonly truncated: boolean
}

/** What a query is asked with. What is undefined or empty is not sent. */
export type Asked = Readonly<Record<string, string | number | undefined>>

export interface TableInfo {
  readonly database: string
  readonly table: string
  readonly family: SpanTable['family']
}

export interface Meta {
  readonly version: string
  readonly server: { readonly url: string; readonly version: string }
  readonly tables: readonly (TableInfo & { readonly spans: number | null })[]
  /** Null if the server has no table of spans. */
  readonly table: (TableInfo & { readonly missing: readonly string[] }) | null
  readonly live: boolean
  readonly logTables: readonly string[]
  readonly metricTables: readonly string[]
}

/** The answer to a statement of the user's own. */
export interface SqlAnswer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly elapsedMs: number
  readonly rowsRead: number
  readonly truncated: boolean
}
