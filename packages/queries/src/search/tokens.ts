/** A word of a search box: `service:shop`, `http.route="/a b"`, `"free text"`. */
export interface Token {
  /** What stands before the operator, without quotes. Undefined for free text. */
  readonly key: string | undefined
  readonly isKeyQuoted: boolean
  readonly op: ':' | '=' | '!=' | '~' | ''
  readonly value: string
  readonly isValueQuoted: boolean
  /** As it stands in the text. */
  readonly source: string
}

const QUOTED = String.raw`"(?:\\.|[^"\\])*(?:"|\\?$)`
const KEY = String.raw`(?<key>${QUOTED}|[^\s":=~!]+)`
const WORD = new RegExp(
  String.raw`(?:${KEY}(?<op>:(?!//)|!=|=|~))?(?<value>${QUOTED}(?=\s|$)|\S*)`,
  'suy',
)

/** Cuts a text into words. Every text has a meaning: a quote that is not closed ends with the text. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++
    if (at >= text.length) return tokens
    WORD.lastIndex = at
    const { key, op = '', value = '' } = WORD.exec(text)?.groups ?? {}
    const end = Math.max(WORD.lastIndex, at + 1)
    tokens.push({
      key: key === undefined ? undefined : unquote(key),
      isKeyQuoted: isQuoted(key ?? ''),
      op: op as Token['op'],
      value: unquote(value),
      isValueQuoted: isQuoted(value),
      source: text.slice(at, end),
    })
    at = end
  }
}

const isQuoted = (text: string) => text.startsWith('"')

function unquote(text: string): string {
  if (!isQuoted(text)) return text
  return /^"((?:\\.|[^"\\])*)/su.exec(text)?.[1]?.replace(/\\(.)/gsu, '$1') ?? ''
}

/** The opposite: quoted where the text would else be read in another way. */
export function quoteWord(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
