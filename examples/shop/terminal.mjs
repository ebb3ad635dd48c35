import { styleText } from 'node:util'

const output = process.stdout

/** Whether a line may be overwritten; a pipe or a log gets whole lines only. */
export const isLive = Boolean(output.isTTY) && process.env.TERM !== 'dumb'

// Some terminals report a width of 0; a pipe reports none.
const columns = output.columns || Number(process.env.COLUMNS) || 80
export const width = Math.min(Math.max(columns, 40), 140)

const isColourful = isLive && !process.env.NO_COLOR

export const paint = (format, text) => (isColourful ? styleText(format, text) : text)
export const say = (text = '') => output.write(`${text}\n`)
export const draw = (line) => output.write(`\r\x1b[2K${line.slice(0, width - 1)}`)

/** Prints a paragraph in lines that fit. Lines after the first are indented by the length of `start`. */
export function sayWrapped(text, start = '') {
  for (const line of wrap(text, width, start)) say(line)
}

/** Breaks a text into lines. A word that is too long for a line (a link, an id) gets a line of its own, uncut. */
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
