import { quoteIdentifier } from '@spanhouse/transform'
import type { Common, Sides } from './common-columns.js'
import { both, type Minute } from './minutes.js'
import { quoted, type RegionTable, rowsOf } from './region.js'
import { counting, type Window } from './window.js'

/** Equal rows of one server: those with the same hash. */
export interface Listed {
  readonly hash: string
  /** The span's ids and kind; empty for rows that only their content tells apart. */
  readonly id: readonly string[]
  readonly rows: number
  /** Of one of them. */
  readonly bytes: number
  readonly timeMs: number
}

/** A part of a window that is small enough to be listed: all rows of one identity are in one slice. */
export interface Slice {
  readonly window: Window
  readonly of: number
  readonly number: number
}

/** A list of so many takes some megabytes. */
const LISTED_ROWS = 20_000

/** The condition on a row to be in a slice, for queries that only read. */
export function inSlice(common: Common, { window, of, number }: Slice): string {
  const time = counting(common, window)
  return of === 1 ? time : `${time} AND ${sliceOf(common, of)} = ${number}`
}

/** Text, because two servers may hash other types of one value differently. */
function sliceOf({ identity, hash }: Common, of: number): string {
  const ids = identity.map((name) => `toString(${quoteIdentifier(name)})`)
  return `${ids.length > 0 ? `cityHash64(${ids.join(', ')})` : hash} % ${of}`
}

/** The slices of a minute in which the servers differ. */
export async function differingSlices(
  tables: Sides<RegionTable>,
  common: Common,
  minute: Minute,
  window: Window,
  signal: AbortSignal,
): Promise<readonly Slice[]> {
  const of = Math.ceil(Math.max(...minute.rows) / LISTED_ROWS)
  if (of <= 1) return [{ window, of: 1, number: 0 }]
  const [a, b] = await both(tables, async (table) => {
    const rows = await rowsOf<{ _slice: string; _rows: string; _hash: string }>(
      table.region,
      'slices of a minute',
      `SELECT toString(${sliceOf(common, of)}) AS _slice, toString(count()) AS _rows, toString(sum(${common.hash})) AS _hash
FROM ${quoted(table)}${table.final} WHERE ${counting(common, window)} GROUP BY _slice`,
      signal,
    )
    return new Map(rows.map(({ _slice, _rows, _hash }) => [Number(_slice), `${_rows} ${_hash}`]))
  })
  const numbers = Array.from({ length: of }, (_, number) => number)
  return numbers
    .filter((number) => a.get(number) !== b.get(number))
    .map((number) => ({ window, of, number }))
}

/** The rows of a slice on one server, without their content. */
export async function listed(
  table: RegionTable,
  common: Common,
  slice: Slice,
  signal: AbortSignal,
): Promise<readonly Listed[]> {
  const { identity, hash, columns, time } = common
  const ids = identity.map((name, i) => `any(toString(${quoteIdentifier(name)})) AS _id${i}, `)
  const rows = await rowsOf<Record<string, unknown>>(
    table.region,
    'rows of a slice',
    `SELECT ${ids.join('')}toString(${hash}) AS _hash, toUInt32(count()) AS _rows,
  toUInt32(max(byteSize(${columns.map(quoteIdentifier).join(', ')}))) AS _bytes,
  toFloat64(min(toUnixTimestamp64Milli(toDateTime64(${quoteIdentifier(time)}, 3, 'UTC')))) AS _time
FROM ${quoted(table)}${table.final} WHERE ${inSlice(common, slice)} GROUP BY _hash`,
    signal,
  )
  return rows.map((row) => ({
    hash: String(row['_hash']),
    id: identity.map((_, i) => String(row[`_id${i}`])),
    rows: Number(row['_rows']),
    bytes: Number(row['_bytes']),
    timeMs: Number(row['_time']),
  }))
}
