import { FIXED_SETTINGS } from './insert-settings.js'
import type { TextCheck } from './option.js'

/** The name of a database or table. */
export const tableNameProblem: TextCheck = (name) => {
  // ClickHouse would take `database.table` as one name and create a table that nobody finds. Other names may contain dots.
  const [, database, table] = /^[`"]?([\w-]{1,60})[`"]?\.[`"]?([\w-]{1,60})[`"]?$/.exec(name) ?? []
  return table === undefined
    ? undefined
    : `must not contain a dot, because database and table are two options: write database: '${database}', table: '${table}'`
}

export const notEmpty: TextCheck = (name) =>
  name.trim() === '' ? 'must not be an empty name' : undefined

/** The name of the local tables behind a Distributed one. */
export const localTableProblem: TextCheck = (name) =>
  name.includes('{table}') && name !== '{table}'
    ? tableNameProblem(name)
    : 'must contain {table} and more, because each Distributed table has local tables of its own'

export const engineProblem: TextCheck = (text) =>
  /^\s*\w*MergeTree\s*(\(.*\))?\s*$/s.test(text)
    ? undefined
    : 'must be an engine of the MergeTree family, such as ReplicatedMergeTree'

// Basic authentication separates the name from the password by a colon.
export const usernameProblem: TextCheck = (name) =>
  name.includes(':') ? 'must not contain a colon' : undefined

export const destinationNameProblem: TextCheck = (name) =>
  /^[A-Za-z0-9_-]{1,64}$/.test(name) ? undefined : 'must be 1 to 64 letters, digits, _ or -'

export const originProblem: TextCheck = (name) =>
  /^[\w.:-]{1,64}$/.test(name) ? undefined : 'must be 1 to 64 letters, digits or _ . : -'

const OWN_HEADERS = new Set([
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'transfer-encoding',
  'connection',
  'expect',
])

// What Node does not accept in a header would only fail when the first request is made.
export const headerNameProblem: TextCheck = (name) => {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) return 'is not a valid header name'
  return OWN_HEADERS.has(name.toLowerCase()) ? 'is set by the exporter' : undefined
}

export const headerValueProblem: TextCheck = (value) =>
  /^[\t\x20-\x7e\x80-\xff]*$/.test(value)
    ? undefined
    : 'contains characters that are not allowed in a header'

// The guarantees depend on these settings; `asyncInsert` and `acknowledge` are the ways to give some of them up.
const OWN_SETTINGS = new Set([
  ...FIXED_SETTINGS,
  'query',
  'query_id',
  'user',
  'password',
  'default_format',
])

export const settingNameProblem: TextCheck = (name) => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'is not a valid setting name'
  return OWN_SETTINGS.has(name) ? 'is set by the exporter' : undefined
}

export function isTable(value: unknown): boolean {
  try {
    const table = value as Record<string, unknown>
    return (
      hasMethod(table, 'toLine') &&
      hasMethod(table, 'ddl') &&
      Array.isArray(table['insertColumns']) &&
      typeof table['name'] === 'string' &&
      typeof table['database'] === 'string'
    )
  } catch {
    return false
  }
}

export function hasMethod(value: unknown, name: string): boolean {
  try {
    return typeof (value as Record<string, unknown> | null)?.[name] === 'function'
  } catch {
    return false // a getter or a Proxy's trap throws
  }
}
