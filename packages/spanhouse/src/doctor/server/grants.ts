import type { Server } from '../statement.js'

export interface Right {
  /** Such as `INSERT` or `CREATE TABLE`. */
  readonly privilege: string
  /** Undefined: all databases. */
  readonly database?: string
  /** Undefined: the whole database. */
  readonly table?: string
  /** As SQL. */
  readonly on: string
}

/** Whether the user has a right; undefined if the server does not say. */
export async function isGranted(server: Server, right: Right): Promise<boolean | undefined> {
  const checked = await server.run(`CHECK GRANT ${right.privilege} ON ${right.on}`)
  if (checked.rows) return checked.text.trim() === '1'
  // Servers before 24.10 do not know CHECK GRANT.
  const shown = await server.rows('SHOW GRANTS')
  if (!shown.rows) return undefined
  const lines = shown.rows.map((row) => String(Object.values(row)[0]))
  return lines.some((line) => gives(line, right))
}

/** Whether a line of SHOW GRANTS gives the right. */
export function gives(line: string, { privilege, database, table }: Right): boolean {
  const [, list = '', on = ''] = /^GRANT (.+) ON (.+?) TO /.exec(line) ?? []
  const names = list.split(/,\s*(?![^(]*\))/).map((one) => one.trim())
  const group = privilege.split(' ')[0] ?? ''
  const hasName = names.some((one) => ['ALL', privilege, group].includes(one))
  return hasName && covers(on.replaceAll('`', ''), database, table)
}

function covers(on: string, database: string | undefined, table: string | undefined): boolean {
  if (on === '*.*') return true
  if (on === `${database}.*`) return database !== undefined
  return table !== undefined && on === `${database}.${table}`
}
