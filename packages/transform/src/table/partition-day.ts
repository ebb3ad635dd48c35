import { type AnyColumn, type Column, originOf } from '../row/column.js'
import { clampToSeconds } from '../types/date-time.js'
import { readMoment } from '../values/iso-time.js'
import { clampTime, EPOCH } from '../values/time.js'
import { newEncoding } from '../writing/encoding.js'

const SECONDS_A_DAY = 86_400
const DAYS_OF_DATE = 65_536 // a Date has 16 bits: days after that wrap round to 1970

/** For a table that is partitioned by `toDate(column)` of a time column: the day that a row falls in. Undefined for any other table, and for a column of the resource or scope. */
export function partitionDayOf<Input>({
  partitionBy,
  columns,
}: {
  readonly partitionBy?: string | undefined
  readonly columns: readonly Column<Input>[]
}): ((input: Input) => number) | undefined {
  const [, name] = /^\s*toDate\s*\(\s*`?([\w.]+)`?\s*\)\s*$/.exec(partitionBy ?? '') ?? []
  const column = (columns as readonly AnyColumn[]).find((candidate) => candidate.name === name)
  const [type] = /^\s*DateTime(64)?\b/.exec(column?.type ?? '') ?? []
  if (!column || type === undefined || originOf(column) !== 'record') return undefined
  const clamp = type.endsWith('64') ? clampTime : clampToSeconds
  const encoding = newEncoding()
  return (input) => {
    try {
      const time = clamp(readMoment(column.value(input, encoding)) ?? EPOCH)
      return Math.floor(time[0] / SECONDS_A_DAY) % DAYS_OF_DATE
    } catch {
      return 0 // the day of the column's empty value
    }
  }
}
