import type { Parameters } from '../search/sql.js'

/** One question. `Row` is the shape of each row of the answer in the format JSON. */
export interface Query<Row> {
  /** Stable; the path of the page's API and a comment at the beginning of the SQL. */
  readonly name: string
  /** Without FORMAT and without a semicolon. Integers of 64 bits are wrapped in `toFloat64()`, so they are numbers under any profile. */
  readonly sql: string
  readonly parameters: Parameters
  /** Only for the type: never set. */
  readonly row?: Row
}

export function queryOf<Row>(
  name: string,
  sql: string,
  ...parts: readonly Parameters[]
): Query<Row> {
  return {
    name,
    sql: `/* spanhouse: ${name} */\n${sql.trim()}`,
    parameters: Object.assign({}, ...parts),
  }
}
