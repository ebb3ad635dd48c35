export interface Position {
  /** In characters, from 0. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  readonly column: number
  /** The line of the statement, shortened around the position, and a caret below the place. */
  readonly excerpt: string
}

/** Characters of a line shown on each side of the position. */
const AROUND = 36

/** The place that the message speaks of, if it speaks of one: ClickHouse says "failed at position 12". */
export function positionIn(message: string, sql: string): Position | undefined {
  const found = /at position (\d+)/.exec(message)?.[1]
  if (found === undefined) return undefined
  const offset = offsetOfByte(sql, Number(found) - 1)
  if (offset === undefined) return undefined
  const before = sql.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = sql.indexOf('\n', offset)
  const line = sql.slice(lineStart, lineEnd < 0 ? sql.length : lineEnd).replaceAll('\t', ' ')
  const column = offset - lineStart
  const from = Math.max(0, column - AROUND)
  const [left, right] = [from > 0 ? '…' : '', column + AROUND < line.length ? '…' : '']
  return {
    offset,
    line: before.split('\n').length,
    column: column + 1,
    excerpt: `${left}${line.slice(from, column + AROUND)}${right}\n${' '.repeat(left.length + column - from)}^`,
  }
}

/** ClickHouse counts bytes of UTF-8. */
function offsetOfByte(text: string, byte: number): number | undefined {
  if (byte < 0) return undefined
  let bytes = 0
  let offset = 0
  for (const character of text) {
    if (bytes >= byte) break
    const code = character.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    offset += character.length
  }
  return bytes < byte ? undefined : offset
}
