const ESCAPES: Record<string, string> = { "'": "\\'", '\\': '\\\\', '\0': '\\0' }

/** A text literal of ClickHouse's SQL. */
export function quoteText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL ends a statement
  return `'${text.toWellFormed().replace(/['\\\u0000]/g, (character) => ESCAPES[character] ?? character)}'`
}

const MEANINGS: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  0: '\0',
}

/** What the characters between the quotes of a text or an identifier stand for. */
export function unescaped(quoted: string): string {
  return quoted.replace(/\\(.)/gs, (_, escaped: string) => MEANINGS[escaped] ?? escaped)
}
