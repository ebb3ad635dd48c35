const ESCAPES: Record<string, string> = {
  '`': '\\`',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
  '\0': '\\0',
}

/** `name` as a ClickHouse identifier: in backticks, escaped. Throws a TypeError for an empty name, which no quoting makes valid. */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new TypeError('an identifier must not be empty')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
  return `\`${name.toWellFormed().replace(/[`\\\n\r\t\u0008\f\u0000]/g, (character) => ESCAPES[character] ?? character)}\``
}
