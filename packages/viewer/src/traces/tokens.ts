/** A condition as it stands in a text of the search language, without the spaces around it. */
export interface Token {
  readonly text: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** The conditions of a search text: what is between spaces that are not in quotes. A quote that is not closed goes to the end. */
export function tokensOf(text: string): Token[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^\s"])+/g)].map((match) => ({
    text: match[0],
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/** The text without one condition. */
export function without(text: string, index: number): string {
  return textOf(tokensOf(text).filter((_, i) => i !== index))
}

/** The text with more conditions; those that are there already are not repeated. */
export function withMore(text: string, more: string): string {
  const tokens = tokensOf(text)
  for (const token of tokensOf(more))
    if (!tokens.some((one) => one.text === token.text)) tokens.push(token)
  return textOf(tokens)
}

/** The text with its conditions on the duration replaced. */
export function withDuration(text: string, conditions: string): string {
  const others = tokensOf(text).filter((token) => !token.text.startsWith('duration:'))
  return textOf([...others, ...tokensOf(conditions)])
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join(' ')
}

/** A value as the search language takes it: in quotes if it needs them. */
export function quoted(value: string): string {
  if (value !== '' && !/[\s"\\]/.test(value)) return value
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** A key as the search language takes it. */
export function quotedKey(key: string): string {
  return /[":=~!]/.test(key) ? `"${key.replace(/["\\]/g, '\\$&')}"` : quoted(key)
}

/** What a value that is being typed stands for: the opposite of `quoted`, also before the closing quote. */
export function unquoted(text: string): string {
  if (!text.startsWith('"')) return text
  return text
    .replace(/^"/, '')
    .replace(/(?<!\\)"$/, '')
    .replace(/\\(.)/g, '$1')
}

/** The parts of a condition, for its chip: "duration", ":>", "500ms". A free text has only a value. */
export interface ChipParts {
  readonly key: string
  readonly op: string
  readonly value: string
}

export function chipParts(token: string): ChipParts {
  const [, key, op, value] =
    /^("(?:\\.|[^"\\])*"|[^\s"=!~:<>]+)(:[<>]=?|:|!=|=|~)(.*)$/s.exec(token) ?? []
  if (key === undefined || op === undefined || value === undefined)
    return { key: '', op: '', value: unquoted(token) }
  return { key: unquoted(key), op, value: unquoted(value) }
}
