import type * as z from 'zod/mini'

const SECRET = /password|headers|tls|endpoint/

/** What zod found, as short sentences: path, rule and the value received, secrets masked. */
export function describe(issue: z.core.$ZodIssue, options: unknown): string[] {
  const path = issue.path.map((name) => shownName(String(name)))
  const at = path.join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...path, shownName(key)].join('.')} is no option`)
  if (issue.code === 'invalid_union' && at.endsWith('schema'))
    return [`${at} must be 'flat', 'otel' or a table made by defineTable()`]
  if (issue.code === 'invalid_union' && at.endsWith('deadLetter'))
    return [`${at} must be { directory, maxBytes } or { table }`]
  if (issue.code === 'invalid_key')
    return [`${path.join('.')} ${issue.issues[0]?.message ?? 'is not allowed'}`]
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  const shown = SECRET.test(at) ? 'a value not shown' : show(received)
  return [`${at || 'options'}: ${issue.message} (received ${shown})`]
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
