import { type Document, DocumentError, pathKey, positionAt } from './document.js'

const MAX_DEPTH = 20
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const SPACE = /[ \t\r\n]*/y

/**
 * Reads JSON and remembers where each value is. JSON.parse does not, and its messages quote the text. Refuses duplicate keys, of which
 * JSON.parse silently takes the last. Throws a DocumentError.
 */
export function readJson(text: string): Document {
  const offsets = new Map<string, number>()
  let at = 0

  function match(pattern: RegExp): string | undefined {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }

  function taken(character: string): boolean {
    match(SPACE)
    if (text[at] !== character) return false
    at++
    return true
  }

  function fail(message: string, offset = at): never {
    throw new DocumentError(message, positionAt(text, offset))
  }

  function expect(character: string): void {
    if (!taken(character)) fail(`is not valid JSON: \`${character}\` is expected here`)
  }

  function value(path: readonly string[]): unknown {
    match(SPACE)
    if (path.length > MAX_DEPTH) fail(`is nested more than ${MAX_DEPTH} levels deep`)
    offsets.set(pathKey(path), at)
    if (text[at] === '{') return object(path)
    if (text[at] === '[') return list(path)
    const start = at
    const written = match(STRING) ?? match(OTHER)
    if (written === undefined) fail('is not valid JSON: a value is expected here')
    return parsed(written, start)
  }

  function parsed(written: string, start: number): unknown {
    try {
      return JSON.parse(written)
    } catch {
      fail('is not valid JSON: a character of this text must be escaped', start)
    }
  }

  function object(path: readonly string[]): unknown {
    const entries = new Map<string, unknown>()
    expect('{')
    if (taken('}')) return {}
    do {
      match(SPACE)
      const start = at
      const written = match(STRING)
      if (written === undefined) fail('is not valid JSON: a key in double quotes is expected here')
      const key = String(parsed(written, start))
      if (entries.has(key)) fail('has the same key twice', start)
      expect(':')
      entries.set(key, value([...path, key]))
      offsets.set(pathKey([...path, key]), start)
    } while (taken(','))
    expect('}')
    return Object.fromEntries(entries) // an own `__proto__` stays an own key
  }

  function list(path: readonly string[]): unknown {
    const items: unknown[] = []
    expect('[')
    if (taken(']')) return items
    do items.push(value([...path, String(items.length)]))
    while (taken(','))
    expect(']')
    return items
  }

  const all = value([])
  match(SPACE)
  if (at < text.length) fail('is not valid JSON: nothing more is expected here')
  return {
    value: all,
    positionOf(path) {
      for (let length = path.length; length > 0; length--) {
        const offset = offsets.get(pathKey(path.slice(0, length)))
        if (offset !== undefined) return positionAt(text, offset)
      }
      return { line: 1, column: 1 }
    },
  }
}
