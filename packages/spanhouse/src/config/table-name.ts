/** A table on the command line: `TABLE` or `DATABASE.TABLE`. What follows the first dot is the name of the table, further dots included. */
export interface NamedTable {
  readonly database?: string
  readonly table: string
}

/** Undefined if a name is empty. */
export function namedTable(text: string): NamedTable | undefined {
  const [, database, table, alone] = /^(?:([^.]+)\.(.+)|([^.]+))$/s.exec(text) ?? []
  if (alone !== undefined) return { table: alone }
  return database === undefined || table === undefined ? undefined : { database, table }
}

/** With the name of a database. */
export function fullyNamedTable(text: string): Required<NamedTable> | undefined {
  const { database, table = '' } = namedTable(text) ?? {}
  return database === undefined ? undefined : { database, table }
}
