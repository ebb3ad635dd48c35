import { parseDuration } from './duration.js'
import { type AttributeCondition, KINDS, type Search } from './search.js'
import { type Token, tokensOf } from './tokens.js'

export interface Parsed {
  readonly search: Search
  /** A sentence for each part that was left out, because it says nothing. */
  readonly problems: string[]
}

/** Nobody types more; a link may have more. */
const MAX_LENGTH = 10_000
const MAX_CONDITIONS = 50

type Draft = { -readonly [Key in keyof Search]: Search[Key] }

/**
 * Reads what stands in a search box: `service:shop name:"GET /users" kind:server status:error duration:>500ms trace:4bf9 has:user.id
 * http.route=/users user.id!=3 url.full~shop "free text"`. A value with spaces stands in quotes, with `\"` and `\\` in it. Services may be
 * given several times, everything else once. Whatever is no condition is free text.
 */
export function parseSearch(text: string): Parsed {
  const draft: Draft = {}
  const problems: string[] = []
  if (text.length > MAX_LENGTH)
    problems.push(`The search is longer than ${MAX_LENGTH} characters: the rest is left out.`)
  const tokens = tokensOf(text.slice(0, MAX_LENGTH).toWellFormed())
  if (tokens.length > MAX_CONDITIONS)
    problems.push(`The search has more than ${MAX_CONDITIONS} conditions: the rest is left out.`)
  for (const token of tokens.slice(0, MAX_CONDITIONS)) {
    const problem = add(draft, token)
    if (problem !== undefined) problems.push(problem)
  }
  return { search: draft, problems }
}

/** What many write for `duration:>20ms`, and for attributes, where it would silently find nothing. */
const COMPARISON = /^(?<key>[a-z_][\w.]*)(?<bounds>[<>]=?\d.*)$/is

/** The problem with a word; undefined if it has become a part of the search. */
function add(draft: Draft, token: Token): string | undefined {
  const { key, isKeyQuoted, op, value, isValueQuoted } = token
  const compared = COMPARISON.exec(token.source)?.groups
  if (compared?.['key']?.toLowerCase() === 'duration')
    return setDuration(draft, compared['bounds'] ?? '')
  if (compared && /\.\w+$/.test(compared['key'] ?? '') && /\d$/.test(token.source))
    return `${token.source} compares an attribute, and attributes are texts without an order: write ${compared['key']}=…, or use SQL.`
  if (key === undefined) return addText(draft, value)
  if (op === '=' && !isKeyQuoted && isWord(key))
    return `${token.source} looks for an attribute of that name: write ${key}:${token.source.slice(key.length + 1)}, or "${key}"=… for the attribute.`
  if (op !== ':') return addAttribute(draft, { key, op: op as '=' | '!=' | '~', value })
  const read = isKeyQuoted ? undefined : WORDS.get(key.toLowerCase())
  if (!read) return addText(draft, isKeyQuoted || isValueQuoted ? `${key}:${value}` : token.source)
  return value === '' && !isValueQuoted ? `${key}: has no value.` : read(draft, value)
}

/** Whether a name before a colon is a condition on spans themselves. */
export function isWord(key: string): boolean {
  return WORDS.has(key.toLowerCase())
}

type Word = (draft: Draft, value: string) => string | undefined

const setOperation: Word = (draft, value) => {
  draft.operation = value
  return undefined
}

const setDuration: Word = (draft, value) => {
  const [, sign, from = '', to] = /^(>=?|<=?)?(.*?)(?:\.\.(.*))?$/s.exec(value) ?? []
  const first = parseDuration(from)
  const second = to === undefined ? undefined : parseDuration(to)
  if (first === undefined || (to !== undefined && (second === undefined || sign)))
    return `duration:${value} is no duration: write duration:>500ms, duration:<2s or duration:100ms..2s.`
  if (second !== undefined) draft.maxNs = second
  if (sign?.startsWith('<')) draft.maxNs = first
  else draft.minNs = first
  return undefined
}

const WORDS: ReadonlyMap<string, Word> = new Map<string, Word>([
  [
    'service',
    (draft, value) => {
      if (!draft.services?.includes(value)) draft.services = [...(draft.services ?? []), value]
      return undefined
    },
  ],
  ['name', setOperation],
  ['operation', setOperation],
  [
    'kind',
    (draft, value) => {
      const kind = KINDS.find((known) => known === value.toLowerCase())
      if (kind === undefined) return `kind:${value} is no kind of span: choose ${KINDS.join(', ')}.`
      draft.kind = kind
      return undefined
    },
  ],
  [
    'status',
    (draft, value) => {
      const status = (['ok', 'error', 'unset'] as const).find((one) => one === value.toLowerCase())
      if (status === undefined) return `status:${value} is no status: choose error, ok or unset.`
      draft.status = status
      return undefined
    },
  ],
  ['duration', setDuration],
  [
    'trace',
    (draft, value) => {
      draft.traceId = value.toLowerCase()
      return undefined
    },
  ],
  ['has', (draft, value) => addAttribute(draft, { key: value, op: 'exists', value: '' })],
])

function addAttribute(draft: Draft, condition: AttributeCondition): undefined {
  draft.attributes = [...(draft.attributes ?? []), condition]
}

function addText(draft: Draft, value: string): undefined {
  if (value !== '') draft.text = [...(draft.text ?? []), value]
}
