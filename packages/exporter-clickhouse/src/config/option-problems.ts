import type * as z from 'zod/mini'
import { didYouMean, namesAt, numberMeant } from './option-hints.js'
import type { Names } from './options-schema.js'

const MAX_HINTS = 30
const SECRET = /password|headers|tls|endpoint/

/** What zod found, as short sentences: path, rule and the value received, secrets masked. */
export function describe(issue: z.core.$ZodIssue, options: unknown, names: Names): string[] {
  const path = issue.path.map((name) => shownName(String(name)))
  const at = path.join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key, index) => {
      // If somebody spreads a long list into the options, hints for all of its keys would take seconds.
      const hint = index < MAX_HINTS ? didYouMean(key, path, names) : ''
      return `${[...path, shownName(key)].join('.')} is not an option${hint}`
    })
  if (issue.code === 'invalid_union' && at.endsWith('schema'))
    return [`${at} must be 'flat', 'otel' or a table made by defineTable()`]
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  if (issue.code === 'invalid_union' && at.endsWith('deadLetter')) {
    const { table } = Object(received)
    const dotted = typeof table === 'string' ? dottedName(table) : undefined
    if (dotted !== undefined) return [`${at}.table ${dotted}`]
    return [`${at} must be { directory, maxBytes } or { table }`]
  }
  if (issue.code === 'invalid_key')
    return [`${path.join('.')} ${issue.issues[0]?.message ?? 'is not allowed'}`]
  const shown = SECRET.test(at) ? 'a value not shown' : show(received)
  const rule = plainRule(issue, path, received, names)
  if (rule !== undefined) return [`${at || 'options'} ${rule} (received ${shown})`]
  return [`${at || 'options'}: ${issue.message} (received ${shown})`]
}

/** Restates a rule that zod expresses in its own types in terms of the options. */
function plainRule(
  issue: z.core.$ZodIssue,
  path: readonly string[],
  received: unknown,
  names: Names,
): string | undefined {
  const option = path.at(-1) ?? ''
  if (option === 'maxRetries') return numberMeant(option, received)
  if (issue.code !== 'invalid_type') return undefined
  if (issue.expected === 'object') {
    const { known } = namesAt(path, names)
    const shown = path.length > 1 || known.length < 8 ? known : ['endpoint', '…']
    return known.length > 0 ? `must be an object: { ${shown.join(', ')} }` : undefined
  }
  if (issue.expected === 'string')
    return received instanceof URL ? 'must be a string: write its href' : undefined
  return numberMeant(option, received)
}

// A header line or a URL in place of a name may hold a secret.
export function shownName(name: string): string {
  return /^[\w-]{1,60}$/.test(name) ? name : '(a name not shown)'
}

export function unreadable(path: string): string {
  return `${path} cannot be read: what gives it throws, so give the value itself`
}

export function show(value: unknown): string {
  // A URL with its password, given in the wrong place.
  if (typeof value === 'string' && /:\/\/|@/.test(value)) return 'a value not shown'
  if (typeof value === 'string')
    return escaped(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return String(value)
  return Array.isArray(value) ? 'an array' : typeof value
}

// JSON leaves in what ends a line elsewhere, or turns a terminal's text around.
function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}

/** What is wrong with the name of a database or table, as the end of a sentence; undefined if nothing is. */
export function dottedName(name: string): string | undefined {
  // ClickHouse would take `database.table` as one name and create a table that nobody finds. Other names may contain dots.
  const [, database, table] = /^[`"]?([\w-]{1,60})[`"]?\.[`"]?([\w-]{1,60})[`"]?$/.exec(name) ?? []
  return table === undefined
    ? undefined
    : `must not contain a dot, database and table are two options: write database: '${database}', table: '${table}'`
}
