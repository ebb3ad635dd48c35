import { clampToSeconds } from './date-time.js'
import { newEncoding } from './encoding.js'
import type { AnyColumn } from './member.js'
import type { TableDefinition } from './table.js'
import { clampTime, EPOCH, readTime } from './time.js'

const SECONDS_A_DAY = 86_400
const DAYS_OF_DATE = 65_536 // a Date has 16 bits: later days come round to 1970 again

/** For `toDate(column)` with a time column of the span's own: the day of what is written there. */
export function partitionDayOf<Input>({
  partitionBy,
  columns,
}: TableDefinition<Input>): ((input: Input) => number) | undefined {
  const [, name] = /^\s*toDate\s*\(\s*`?([\w.]+)`?\s*\)\s*$/.exec(partitionBy ?? '') ?? []
  const column = (columns as readonly AnyColumn[]).find((candidate) => candidate.name === name)
  const [type] = /^\s*DateTime(64)?\b/.exec(column?.type ?? '') ?? []
  if (!column || type === undefined || (column.from ?? 'span') !== 'span') return undefined
  const clamp = type.endsWith('64') ? clampTime : clampToSeconds
  const encoding = newEncoding()
  return (input) => {
    try {
      const time = clamp(readTime(column.value(input, encoding)) ?? EPOCH)
      return Math.floor(time[0] / SECONDS_A_DAY) % DAYS_OF_DATE
    } catch {
      return 0 // where the column's empty value falls
    }
  }
}
