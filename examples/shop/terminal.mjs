import { styleText } from 'node:util'

const output = process.stdout

/** Whether a line may be drawn over; a pipe or a log gets whole lines only. */
export const isLive = Boolean(output.isTTY)

/** Some terminals say they are 0 wide. */
export const width = Math.min(output.columns || 100, 140)

const isColourful = isLive && !process.env.NO_COLOR

export const paint = (format, text) => (isColourful ? styleText(format, text) : text)
export const say = (text = '') => output.write(`${text}\n`)
export const draw = (line) => output.write(`\r\x1b[2K${line.slice(0, width - 1)}`)
