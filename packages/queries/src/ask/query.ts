/** A value of a query parameter: `{name:Type}` in the SQL is filled in by the server, so no value is ever part of the text. */
export type Parameter = string | number | readonly string[]

/** One question. `Row` is the shape of each row of the answer in the format JSON. */
export interface Query<Row> {
  /** Stable; the path of the page's API and a comment at the beginning of the SQL. */
  readonly name: string
  /** Without FORMAT and without a semicolon. Integers of 64 bits are wrapped in `toFloat64()`, so they are numbers under any profile. */
  readonly sql: string
  readonly parameters: Readonly<Record<string, Parameter>>
  /** Only for the type: never set. */
  readonly row?: Row
}
