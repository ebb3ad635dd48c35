import type { LogRow } from '../ask/rows.js'
import { nsText } from './duration-text.js'
import { harmless } from './harmless.js'
import { logOffsetNs } from './log-json.js'
import { levelOf } from './log-level.js'
import { codeBlock } from './markdown-text.js'

const LINES = 60

/** The lines of the logs of a trace as a block of code. If there are too many, those that are no errors go first. */
export function logsPart(rows: readonly LogRow[], startUs: number): string[] {
  if (rows.length === 0) return []
  const shown = mostSevere(rows, LINES)
  const lines = shown.map((row) =>
    [
      nsText(logOffsetNs(row, startUs)).padStart(9),
      (levelOf(row) ?? '').toUpperCase().padEnd(5),
      `${harmless(row.service, 60)}: ${harmless(row.body || row.event_name, 300)}`,
    ].join('  '),
  )
  const more = rows.length - shown.length
  return [
    'Logs:',
    codeBlock([...lines, ...(more > 0 ? [`… and ${more} more lines`] : [])]).join('\n'),
  ]
}

/** At most `most` lines, in their order. Warnings and errors are taken before others, and earlier lines before later ones. */
export function mostSevere(rows: readonly LogRow[], most: number): readonly LogRow[] {
  if (rows.length <= most) return rows
  const isSevere = (row: LogRow) => ['warn', 'error', 'fatal'].includes(levelOf(row) ?? '')
  const chosen = new Set(
    [...rows.filter(isSevere), ...rows.filter((row) => !isSevere(row))].slice(0, most),
  )
  return rows.filter((row) => chosen.has(row))
}
