import { clockText, harmless, isoTime, type LogRow, levelOf } from '@spanhouse/queries'
import { displayWidth, fit, fitStart } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { paint, serviceColour } from '../terminal/paint.js'
import { LEVEL_WIDTH, levelCell } from './trace-logs.js'

const GAP = '  '
const CLOCK = 12
const SHORT_ID = 8
const LONG_ID = 32
const WIDE = 120

/**
 * One line each, aligned with those before: time, level, service, text and the beginning of the trace's id (all of it from 120 columns on).
 * The column of the services grows with the longest name so far, up to a fifth of the width.
 */
export function tailLogLines(out: Output): (rows: readonly LogRow[]) => string[] {
  const numbers = new Map<string, number>()
  let serviceWidth = 8

  const line = (row: LogRow, width: number): string => {
    const service = serviceOf(row)
    // Bounded: names of services may be as many as there are lines.
    if (!numbers.has(service) && numbers.size < 1000) numbers.set(service, numbers.size)
    const idWidth = width < WIDE ? SHORT_ID : LONG_ID
    const used = CLOCK + LEVEL_WIDTH + serviceWidth + idWidth + GAP.length * 4
    return [
      paint(out, 'dim', clockText(row.time_us)),
      levelCell(out, row),
      paint(out, serviceColour(numbers.get(service) ?? 0), fitStart(service, serviceWidth)),
      fitStart(harmless(row.body || row.event_name, 1000), Math.max(width - used, 8)),
      paint(out, 'dim', fit(harmless(row.trace_id, 64).slice(0, idWidth), idWidth)),
    ]
      .join(GAP)
      .trimEnd()
  }

  return (rows) => {
    const { width } = out
    const widest = Math.floor(width / (width < WIDE ? 6 : 5))
    for (const row of rows) serviceWidth = Math.max(serviceWidth, displayWidth(serviceOf(row)))
    serviceWidth = Math.min(serviceWidth, widest)
    return rows.map((row) => line(row, width))
  }
}

function serviceOf({ service }: LogRow): string {
  return harmless(service, 100) || '–'
}

/** A line as `spanhouse tail --logs --json` prints it, one object a line. Texts are as they were sent. */
export interface TailLogJson extends LogRow {
  /** ISO 8601 in UTC, with milliseconds. */
  time: string
  /** `trace`, `debug`, `info`, `warn`, `error` or `fatal`; empty if it is not known. */
  level: string
}

export function tailLogJson(row: LogRow): TailLogJson {
  return { time: isoTime(row.time_us), level: levelOf(row) ?? '', ...row }
}
