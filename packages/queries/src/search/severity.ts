import type { LogTable } from '../table/log-table.js'

// Numbers of severities as OTLP has them: 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal.

/** How names of severities begin. The first that fits is taken. */
const NAMES: readonly (readonly [start: string, number: number])[] = [
  ['fatal', 21],
  ['crit', 21],
  ['emerg', 21],
  ['panic', 21],
  ['alert', 21],
  ['err', 17],
  ['warn', 13],
  ['info', 9],
  ['notice', 9],
  ['debug', 5],
  ['trace', 1],
  ['verbose', 1],
]

/** An expression of SQL: the number of the severity; if there is none, that of its name. */
export function severityOf({ fields, missing }: LogTable): string {
  const { severityNumber: number, severityText: name } = fields
  if (missing.includes('severityText')) return number
  const cases = NAMES.map(([start, value]) => `startsWith(lower(${name}), '${start}'), ${value}`)
  const byName = `multiIf(${cases.join(', ')}, 0)`
  return missing.includes('severityNumber') ? byName : `if(${number} > 0, ${number}, ${byName})`
}

/** The same for a row. */
export function severityIn(number: number, name: string): number {
  if (number > 0) return number
  const text = name.toLowerCase()
  return NAMES.find(([start]) => text.startsWith(start))?.[1] ?? 0
}

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof LEVELS)[number]

/** The least number of a level. */
export function severityOfLevel(level: Level): number {
  return LEVELS.indexOf(level) * 4 + 1
}
