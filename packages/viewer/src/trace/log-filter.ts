import { LEVELS, type Level, levelOf } from '@spanhouse/queries'
import type { Line } from './logs.js'

export interface LogFilter {
  /** Lines below it are left out, and those whose level is not known. Undefined: all lines. */
  readonly least: Level | undefined
  readonly text: string
}

export function levelNamed(name: string): Level | undefined {
  return LEVELS.find((level) => level === name)
}

/** The lines that are severe enough and have the text, in any case, in what is shown of them. */
export function filtered(lines: readonly Line[], { least, text }: LogFilter): readonly Line[] {
  const wanted = text.trim().toLowerCase()
  if (least === undefined && wanted === '') return lines
  const from = least === undefined ? -1 : LEVELS.indexOf(least)
  return lines.filter(
    (line) =>
      (least === undefined || rankOf(line) >= from) &&
      (wanted === '' || textOf(line).includes(wanted)),
  )
}

function rankOf({ row }: Line): number {
  const level = levelOf(row)
  return level === undefined ? -1 : LEVELS.indexOf(level)
}

function textOf({ row }: Line): string {
  const values = Object.entries(row.attributes).map(([key, value]) => `${key}=${value}`)
  return [row.body, row.service, row.event_name, row.severity_text, ...values]
    .join('\n')
    .toLowerCase()
}
