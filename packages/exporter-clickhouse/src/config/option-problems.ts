import type * as z from 'zod/mini'
import type { Choice, Group, List, Numeric, Type } from './option.js'
import { didYouMean, nearest } from './option-hints.js'
import { lookUp } from './option-lookup.js'
import type { Problem } from './problem.js'
import { numberMeant } from './units.js'

const MAX_HINTS = 30

/** What zod found, as short sentences: path, rule and the value received, secrets masked. */
export function describe(issue: z.core.$ZodIssue, options: unknown): Problem[] {
  const path = issue.path.map(String)
  const problem = (text: string, ...below: string[]): Problem => {
    const at = [...path, ...below]
    return { path: at, text: `${at.map(shownName).join('.') || 'options'}${text}` }
  }
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  if (issue.code === 'unrecognized_keys') {
    // What somebody has added to Object.prototype is nobody's option.
    const own = issue.keys.filter((key) => Object.hasOwn(Object(received), key))
    return own.map((key, index) => {
      // If somebody spreads a long list into the options, hints for all of its keys would take seconds.
      const hint = index < MAX_HINTS ? didYouMean(key, path) : ''
      return problem(` is not an option${hint}`, key)
    })
  }
  const { type, isSecret } = lookUp(path)
  if (issue.code === 'invalid_key')
    return [problem(` ${issue.issues[0]?.message ?? 'is not allowed'}`)]
  if (type?.kind === 'choice' && type.or)
    return [problem(` ${choiceRule(type.values, received, type.or)}`)] // the value is not shown: it may be a whole table
  if (type?.kind === 'group' && issue.code === 'invalid_union')
    return [problem(formProblem(type, received))]
  // An object in place of a text: what is wrong with it says more than that it is no text.
  if (type?.kind === 'text' && issue.code === 'invalid_union' && isObject(received))
    return (issue.errors.at(-1) ?? []).flatMap((inner) =>
      describe({ ...inner, path: [...issue.path, ...inner.path] } as typeof inner, options),
    )
  const shown = isSecret ? 'a value not shown' : show(received)
  const isRoot = path.length === 0
  if (type?.kind === 'data') return [problem(issue.message)]
  const rule = ruleOf(issue, { type, received, isRoot })
  return [problem(rule.endsWith('?') ? ` ${rule}` : ` ${rule} (received ${shown})`)]
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Faulty {
  readonly type: Type | undefined
  readonly received: unknown
  /** It is the options as a whole. */
  readonly isRoot?: boolean
}

export function choiceRule(values: Choice['values'], received: unknown, or?: Choice['or']): string {
  const quoted = values.map((value) => `'${value}'`)
  const last = or?.name ?? quoted.pop()
  const meant = typeof received === 'string' ? nearest(received, values) : undefined
  const hint = meant === undefined ? '' : `: did you mean '${meant}'?`
  return `must be ${quoted.join(', ')} or ${last}${hint}`
}

export function tooMany(count: number, { max }: List): string {
  return `: ${count} are too many: at most ${max} are allowed`
}

function formProblem({ fields, forms }: Group, received: unknown): string {
  for (const [name, { type }] of Object.entries(fields)) {
    const value = Object(received)[name]
    const problem =
      type.kind === 'text' && typeof value === 'string' ? type.problemOf?.(value) : undefined
    if (problem !== undefined) return `.${name} ${problem}`
  }
  return formRule(forms)
}

export function formRule(forms: Group['forms'] = []): string {
  return ` must be ${forms.map((names) => `{ ${names.join(', ')} }`).join(' or ')}`
}

/** What the option must be. zod's own messages are not used: they speak of zod's types, in the language that the application has chosen. */
function ruleOf(issue: z.core.$ZodIssue, { type, received, isRoot }: Faulty): string {
  const meant = type?.kind === 'number' ? numberMeant(type.unit, received) : undefined
  if (meant !== undefined) return meant
  if (issue.code === 'custom' && issue.message) return issue.message
  switch (type?.kind) {
    case 'number':
      return numberRule(type)
    case 'text':
      if (received === '') return 'must not be empty'
      if (type.or) return `must be a text or ${objectRule(type.or)}`
      return received instanceof URL ? 'must be a string: write its href' : 'must be a string'
    case 'boolean':
      return 'must be true or false'
    case 'choice':
      return choiceRule(type.values, received)
    case 'map':
      return 'must be an object'
    case 'list':
      return Array.isArray(received) ? 'must not be empty' : 'must be a list'
    case 'group': {
      const known = Object.keys(type.fields)
      if (isRoot || known.includes('endpoint')) return 'must be an object: { endpoint, … }'
      return `must be ${objectRule(type)}`
    }
    default:
      return 'is not allowed'
  }
}

export function objectRule({ fields }: Group): string {
  return `an object: { ${Object.keys(fields).join(', ')} }`
}

export function numberRule({ min, max, isWhole, unit, or }: Numeric): string {
  if (or !== undefined) return `must be a whole number, ${min} or more, or '${or}'`
  const what = `must be a ${isWhole ? 'whole ' : ''}number${unit ? ` of ${unit}` : ''}`
  return max === Number.MAX_SAFE_INTEGER
    ? `${what}, ${min} or more`
    : `${what} from ${min} to ${max}`
}

// A header line or a URL in place of a name may hold a secret.
export function shownName(name: string): string {
  return /^[\w-]{1,60}$/.test(name) ? name : '(a name not shown)'
}

export function unreadable(path: readonly string[]): Problem {
  const at = path.map(shownName).join('.') || 'options'
  return { path, text: `${at} cannot be read: its getter or Proxy throws. Pass a plain value` }
}

export function show(value: unknown): string {
  // It may be a URL with a password, given for the wrong option.
  if (typeof value === 'string' && /:\/\/|@/.test(value)) return 'a value not shown'
  if (typeof value === 'string')
    return escaped(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value))
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return String(value)
  return Array.isArray(value) ? 'an array' : typeof value
}

// JSON.stringify leaves characters in that end a line or reverse the direction of text in a terminal.
function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
