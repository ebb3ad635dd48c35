import { quoteIdentifier } from '@spanhouse/transform'
import type { Common, Sides } from './common-columns.js'
import { quoted, type RegionTable, rowsOf } from './region.js'
import { counting, minuteOf, stepsOf, type Window, within } from './window.js'

/** One minute of a table on both servers. */
export interface Minute {
  /** Since 1970. */
  readonly minute: number
  readonly rows: Sides<number>
  /** The hash of all rows as hex; empty where there are none. */
  readonly hashes: Sides<string>
}

interface Counted {
  readonly _minute: number
  readonly _rows: string
  readonly _hash: string
}

/** Answers of 10,080 minutes, and a count reads one column only. */
const COUNTED_MS = 7 * 86_400_000
/** So many rows are hashed in one query. */
const MAX_HASHED_ROWS = 2_000_000

export function isEqual({ rows: [a, b], hashes: [x, y] }: Minute): boolean {
  return a === b && x === y
}

/** The minutes with rows, in order. Both servers count and hash at the same time; what comes over the network is one line a minute. */
export async function* minutesOf(
  tables: Sides<RegionTable>,
  common: Common,
  window: Window,
  signal: AbortSignal,
): AsyncGenerator<Minute> {
  const weeks = [...stepsOf(window, COUNTED_MS)]
  const withRows =
    weeks.length > 1 ? await weeksWithRows(tables, common, window, signal) : undefined
  for (const week of weeks.filter((_, number) => withRows?.has(number) ?? true)) {
    const counts = await both(tables, (table) => ask(table, common, week, false, signal))
    for (const part of portions(week, counts)) {
      const [a, b] = await both(tables, (table) => ask(table, common, part, true, signal))
      for (const minute of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)) {
        const [x, y] = [a.get(minute), b.get(minute)]
        yield {
          minute,
          rows: [Number(x?._rows ?? 0), Number(y?._rows ?? 0)],
          hashes: [x?._hash ?? '', y?._hash ?? ''],
        }
      }
    }
  }
}

/** The numbers of the weeks of a window that have rows. In a long window, most weeks may have none. */
async function weeksWithRows(
  tables: Sides<RegionTable>,
  { time }: Common,
  window: Window,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const [first] = stepsOf(window, COUNTED_MS)
  const sides = await both(tables, (table) =>
    rowsOf<{ _week: number }>(
      table.region,
      'weeks with rows',
      `SELECT toUInt32(intDiv(toUnixTimestamp64Milli(toDateTime64(${quoteIdentifier(time)}, 3, 'UTC')) - toInt64(${(first?.untilMs ?? 0) - COUNTED_MS}), ${COUNTED_MS})) AS _week
FROM ${quoted(table)} WHERE ${within(time, window)} GROUP BY _week`,
      signal,
    ),
  )
  return new Set(sides.flat().map(({ _week }) => Number(_week)))
}

export async function both<T, R>(sides: Sides<T>, work: (one: T) => Promise<R>): Promise<Sides<R>> {
  const [a, b] = await Promise.all(sides.map(work))
  return [a, b] as Sides<R>
}

async function ask(
  table: RegionTable,
  common: Common,
  window: Window,
  hashed: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Counted>> {
  const { time, hash } = common
  // The sum wraps around. It counts a row that is there twice, which an exclusive or would not.
  const sum = hashed ? `lower(hex(sum(${hash})))` : "''"
  const rows = await rowsOf<Counted>(
    table.region,
    'count of minutes',
    `SELECT ${minuteOf(time)} AS _minute, toString(count()) AS _rows, ${sum} AS _hash
FROM ${quoted(table)}${table.final} WHERE ${counting(common, window)} GROUP BY _minute ORDER BY _minute`,
    signal,
  )
  return new Map(rows.map((row) => [Number(row._minute), row]))
}

/** Consecutive stretches with no more rows than one query hashes, or of one minute. */
function portions(week: Window, [a, b]: Sides<ReadonlyMap<number, Counted>>): readonly Window[] {
  const found: Window[] = []
  let { fromMs } = week
  let rows = 0
  for (const minute of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)) {
    const more = Math.max(Number(a.get(minute)?._rows ?? 0), Number(b.get(minute)?._rows ?? 0))
    const at = minute * 60_000
    if (rows > 0 && rows + more > MAX_HASHED_ROWS && at > fromMs) {
      found.push({ fromMs, untilMs: at })
      fromMs = at
      rows = 0
    }
    rows += more
  }
  // Also without any row: some may have arrived since they were counted.
  return [...found, { fromMs, untilMs: week.untilMs }]
}
