import { newEncoding } from './encoding.js'
import { rowWriter } from './row.js'
import type { TableDefinition } from './table.js'

const SECONDS_A_DAY = 86_400
const DAYS_OF_DATE = 65_536 // a Date has 16 bits: later days come round to 1970 again

/** For `toDate(column)` with a time column: the day of what is written there. */
export function partitionDayOf<Input>({
  partitionBy,
  columns,
}: TableDefinition<Input>): ((input: Input) => number) | undefined {
  const [, name] = /^\s*toDate\s*\(\s*`?([\w.]+)`?\s*\)\s*$/.exec(partitionBy ?? '') ?? []
  const column = columns.find((candidate) => candidate.name === name)
  if (!column || !/^\s*DateTime/.test(column.type)) return undefined
  const write = rowWriter([column])
  const secondsAt = JSON.stringify(column.name).length + 3 // {"name":"0123456789.…"}
  return (input) => {
    const line = write(input, newEncoding())
    const day = Math.floor(Number(line.slice(secondsAt, secondsAt + 10)) / SECONDS_A_DAY)
    return day % DAYS_OF_DATE
  }
}
