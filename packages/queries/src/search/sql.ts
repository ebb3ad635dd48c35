/** A value of a query parameter: `{name:Type}` in the SQL is filled in by the server, so no value is ever part of the text. */
export type Parameter = string | number
export type Parameters = Readonly<Record<string, Parameter>>

/** A piece of SQL with its parameters. */
export interface Sql {
  readonly sql: string
  readonly parameters: Parameters
}

const TRUE = '1'

/** Nothing is always true. */
export function all(parts: readonly (Sql | undefined)[]): Sql {
  const given = parts.filter((part) => part !== undefined && part.sql !== TRUE) as Sql[]
  return {
    sql: given.length === 0 ? TRUE : given.map(({ sql }) => sql).join('\n  AND '),
    parameters: Object.assign({}, ...given.map(({ parameters }) => parameters)),
  }
}
