import { quoted, quotedKey, type Token, tokensOf, unquoted } from './tokens.js'

/** What is being typed at the caret. */
export type Typing =
  /** The beginning of a word of the search language, of an attribute's key, or a free text. */
  | { readonly kind: 'word'; readonly prefix: string; readonly token: Token }
  /** The value of `service:`, `name:`, … */
  | {
      readonly kind: 'field'
      readonly field: string
      readonly prefix: string
      readonly token: Token
    }
  /** The value of an attribute. */
  | {
      readonly kind: 'attribute'
      readonly key: string
      readonly op: string
      readonly prefix: string
      readonly token: Token
    }

export interface Suggestion {
  /** Takes the place of what is being typed. */
  readonly insert: string
  readonly label: string
  readonly hint: string
  /** The condition is whole, so it is searched for at once; otherwise its value is still missing. */
  readonly isWhole: boolean
}

/** The words of the search language that end in a colon, and what they look for. */
export const FIELDS: readonly (readonly [string, string])[] = [
  ['service:', 'a service'],
  ['name:', 'the name of a span'],
  ['status:', 'error, ok or unset'],
  ['duration:>', 'slower than, as in 500ms'],
  ['duration:<', 'faster than'],
  ['kind:', 'server, client, internal, producer or consumer'],
  ['trace:', 'the id of a trace'],
  ['has:', 'an attribute with any value'],
]

/** The values that need no question to the server. */
export const FIXED: Readonly<Record<string, readonly string[]>> = {
  status: ['error', 'ok', 'unset'],
  kind: ['server', 'client', 'internal', 'producer', 'consumer'],
  duration: ['>100ms', '>500ms', '>1s', '>5s'],
}

export function typingAt(draft: string, caret: number): Typing {
  const token = tokensOf(draft).find(({ start, end }) => start <= caret && caret <= end) ?? {
    text: '',
    start: caret,
    end: caret,
  }
  const typed = token.text.slice(0, caret - token.start)
  const [, field, value = ''] =
    /^(service|name|status|kind|duration|trace|has):(.*)$/s.exec(typed) ?? []
  if (field) return { kind: 'field', field, prefix: unquoted(value), token }
  const [, key, op, rest = ''] = /^("(?:\\.|[^"\\])*"|[^\s"=!~]+)(!=|=|~)(.*)$/s.exec(typed) ?? []
  if (key && op) return { kind: 'attribute', key: unquoted(key), op, prefix: unquoted(rest), token }
  return { kind: 'word', prefix: typed, token }
}

/** Words of the language and keys of attributes that begin with what is typed, or else contain it. */
export function wordSuggestions(
  prefix: string,
  keys: readonly { readonly key: string; readonly place: string }[],
): Suggestion[] {
  const fields = FIELDS.map(([word, hint]) => ({
    insert: word,
    label: word,
    hint,
    isWhole: false,
  }))
  const attributes = keys.map(({ key, place }) => ({
    insert: `${quotedKey(key)}=`,
    label: `${key}=`,
    hint: place === 'resource' ? 'attribute of the resource' : 'attribute',
    isWhole: false,
  }))
  return best([...fields, ...attributes], prefix)
}

/** Conditions with values that begin with what is typed, or else contain it. */
export function valueSuggestions(
  typing: Exclude<Typing, { kind: 'word' }>,
  values: readonly { readonly value: string; readonly hint: string }[],
): Suggestion[] {
  const before =
    typing.kind === 'field' ? `${typing.field}:` : `${quotedKey(typing.key)}${typing.op}`
  const all = values.map(({ value, hint }) => ({
    insert:
      before + (typing.kind === 'field' && typing.field === 'duration' ? value : quoted(value)),
    label: value === '' ? '(empty)' : value,
    hint,
    isWhole: true,
  }))
  return best(all, typing.prefix)
}

const MOST = 12

function best(all: readonly Suggestion[], typed: string): Suggestion[] {
  const wanted = typed.toLowerCase()
  const place = ({ label }: Suggestion) => label.toLowerCase().indexOf(wanted)
  const starts = all.filter((one) => place(one) === 0)
  const contains = all.filter((one) => place(one) > 0)
  return [...starts, ...contains].slice(0, MOST)
}

/** The draft with a suggestion in the place of what was typed, and where the caret is then. */
export function completed(
  draft: string,
  token: Token,
  suggestion: Suggestion,
): { draft: string; caret: number } {
  const before = draft.slice(0, token.start) + suggestion.insert
  return { draft: before + draft.slice(token.end), caret: before.length }
}
