import type { LogRow } from '../ask/rows.js'
import { LEVELS, type Level, severityIn } from '../search/severity.js'

/** The level of a line, by the number of its severity, or by its name if it has no number; undefined if neither says it. */
export function levelOf({ severity_number, severity_text }: SeverityOfRow): Level | undefined {
  const number = severityIn(severity_number, severity_text)
  return LEVELS[Math.ceil(Math.min(number, 24) / 4) - 1]
}

type SeverityOfRow = Pick<LogRow, 'severity_number' | 'severity_text'>
