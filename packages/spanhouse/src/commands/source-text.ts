const KEY = /^[A-Za-z_$][\w$]*$/

/** A text as a JavaScript literal of printable characters. Nothing in it can end the literal, or look like another text to a reader. */
export function literal(text: string): string {
  return `'${text.replaceAll(/['\\]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, escaped)}'`
}

function escaped(character: string): string {
  switch (character) {
    case "'":
    case '\\':
      return `\\${character}`
    case '\n':
      return '\\n'
    case '\t':
      return '\\t'
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  }
}

/** Plain data as source text on one line. Undefined members are left out. */
export function sourceOf(value: unknown): string {
  if (typeof value === 'string') return literal(value)
  if (Array.isArray(value)) return `[${value.map(sourceOf).join(', ')}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  if (members.length === 0) return '{}'
  return `{ ${members.map(([key, member]) => `${keyOf(key)}: ${sourceOf(member)}`).join(', ')} }`
}

/** A key of an object literal. `__proto__` needs brackets: without them, also in quotes, it would set the prototype. */
export function keyOf(key: string): string {
  if (key === '__proto__') return "['__proto__']"
  return KEY.test(key) ? key : literal(key)
}

/** A text to stand after `//`, without line breaks of any kind: they would end the comment. */
export function comment(text: string): string {
  return text.replaceAll(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]+/gu, ' ').trim()
}
