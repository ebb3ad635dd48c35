import { displayWidth, fit } from './display-width.js'

export interface WrapOptions {
  /** Before the first line, such as `✗ `; the other lines are indented by its width. Default: none. */
  readonly start?: string
  /** The rest is left out, with `…` at the end of the last line. Default: no limit. */
  readonly maxLines?: number
}

/** Breaks a harmless text into lines. A word that is too long for a line (a link, an id) gets a line of its own, uncut: it can be copied. */
export function wrap(
  text: string,
  width: number,
  { start = '', maxLines = Number.POSITIVE_INFINITY }: WrapOptions = {},
): string[] {
  const indent = ' '.repeat(displayWidth(start))
  const lines: string[] = []
  let line = start
  let used = indent.length
  let isEmpty = true
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const wordWidth = displayWidth(word)
    if (!isEmpty && used + 1 + wordWidth > width) {
      if (lines.length + 1 >= maxLines) return [...lines, `${fit(line, width - 2).trimEnd()} …`]
      lines.push(line)
      line = indent
      used = indent.length
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    used += wordWidth + (isEmpty ? 0 : 1)
    isEmpty = false
  }
  return [...lines, line]
}
