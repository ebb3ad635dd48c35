import {
  harmless,
  type Level,
  type LogRow,
  levelOf,
  logOffsetNs,
  mostSevere,
  nsText,
  type Trace,
} from '@spanhouse/queries'
import { displayWidth, fitEnd, fitStart } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { type Colour, paint, serviceColour } from '../terminal/paint.js'
import { wrap } from '../terminal/wrap.js'

const GAP = '  '
const TIME = 9
export const LEVEL_WIDTH = 5
const MOST_LINES = 100
const LINES_EACH = 4

const LEVEL_COLOURS: Readonly<Record<Level, Colour>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'blue',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
}

/** `ERROR` in its colour, as wide as every level. */
export function levelCell(out: Output, row: LogRow): string {
  const level = levelOf(row)
  const text = fitStart((level ?? harmless(row.severity_text, 20)).toUpperCase(), LEVEL_WIDTH)
  return level ? paint(out, LEVEL_COLOURS[level], text) : text
}

/** The lines of the logs of a trace: time from its start, level, service and text. */
export function logLines(trace: Trace, rows: readonly LogRow[], out: Output): string[] {
  if (rows.length === 0) return []
  const shown = mostSevere(rows, MOST_LINES)
  const numbers = new Map(trace.services.map(({ name }, number) => [name, number]))
  const names = new Set(shown.map(({ service }) => service))
  const longest = Math.max(...[...names].map((name) => displayWidth(serviceOf(name))))
  // One service only: the line above the waterfall has it.
  const width = names.size < 2 ? 0 : Math.min(longest, Math.floor(out.width / 5))
  const more = rows.length - shown.length
  return [
    paint(out, 'bold', 'Logs'),
    ...shown.flatMap((row) => {
      const before = TIME + LEVEL_WIDTH + GAP.length * 2 + (width > 0 ? width + GAP.length : 0)
      const [first = '', ...rest] = wrap(textOf(row), out.width, {
        start: ' '.repeat(before),
        maxLines: LINES_EACH,
      })
      const service = fitStart(serviceOf(row.service), width)
      const cells = [
        paint(out, 'dim', fitEnd(timeOf(row, trace), TIME)),
        levelCell(out, row),
        ...(width > 0 ? [paint(out, serviceColour(numbers.get(row.service) ?? 0), service)] : []),
        first.slice(before),
      ]
      return [cells.join(GAP), ...rest]
    }),
    ...(more > 0 ? [`… and ${more} more lines: --json has them all`] : []),
  ]
}

function timeOf(row: LogRow, { startUs }: Trace): string {
  const ns = logOffsetNs(row, startUs)
  return ns < 0 ? nsText(ns) : `+${nsText(ns)}`
}

function serviceOf(name: string): string {
  return harmless(name, 100) || '–'
}

function textOf({ body, event_name }: LogRow): string {
  return harmless(body || event_name, 2000) || '(empty)'
}
