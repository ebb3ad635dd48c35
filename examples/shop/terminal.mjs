import { styleText } from 'node:util'

const output = process.stdout

/** Whether a line may be drawn over; a pipe or a log gets whole lines only. */
export const isLive = Boolean(output.isTTY) && process.env.TERM !== 'dumb'

// Some terminals say they are 0 wide; a pipe says nothing.
const columns = output.columns || Number(process.env.COLUMNS) || 80
export const width = Math.min(Math.max(columns, 40), 140)

const isColourful = isLive && !process.env.NO_COLOR

export const paint = (format, text) => (isColourful ? styleText(format, text) : text)
export const say = (text = '') => output.write(`${text}\n`)
export const draw = (line) => output.write(`\r\x1b[2K${line.slice(0, width - 1)}`)

/** Says a paragraph in lines that fit; those after the first stand under the end of `start`. */
export function sayWrapped(text, start = '') {
  for (const line of wrap(text, width, start)) say(line)
}

/** A word that is too long for a line (a link, an id) stands on one of its own, whole. */
export function wrap(text, width, start = '') {
  const indent = ' '.repeat(start.length)
  const lines = []
  let line = start
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const isFirst = line.length === indent.length
    if (!isFirst && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent + word
    } else {
      line += isFirst ? word : ` ${word}`
    }
  }
  return [...lines, line]
}
