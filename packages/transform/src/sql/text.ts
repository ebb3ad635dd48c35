const ESCAPES: Record<string, string> = { "'": "\\'", '\\': '\\\\', '\0': '\\0' }

/** A text literal of ClickHouse's SQL. */
export function quoteText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL ends a statement
  return `'${text.toWellFormed().replace(/['\\\u0000]/g, (character) => ESCAPES[character] ?? character)}'`
}
