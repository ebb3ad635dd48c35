import { byText } from '../common/order.js'
import { type Column, type ColumnKind, kindOf, numberOf, secondsOf } from './columns.js'

export interface Lines {
  readonly kind: 'lines'
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
  /** More series than are shown. */
  readonly hidden: number
}

export interface Bars {
  readonly kind: 'bars'
  readonly label: string
  readonly value: string
  readonly bars: readonly { readonly label: string; readonly value: number }[]
  /** More bars than are shown. */
  readonly hidden: number
}

export type Chart = Lines | Bars

export const MOST_SERIES = 8
export const MOST_BARS = 40

/**
 * Lines over the first column that is a time, one for each column of numbers, or one for each text if there is one column of texts and
 * one of numbers. Without a time: bars of the first text and the first number. Else no chart.
 */
export function chooseChart(
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
): Chart | undefined {
  const kinds = columns.map((column, index) => kindOf(column, firstOf(rows, index)))
  const of = (...wanted: ColumnKind[]) =>
    kinds.flatMap((kind, index) => (wanted.includes(kind) ? [index] : []))
  const time = of('time', 'micros')[0]
  const [numbers, texts] = [of('number'), of('text')]
  if (numbers.length === 0 || rows.length === 0) return undefined
  if (time !== undefined) {
    const seconds = (row: readonly unknown[]) => secondsOf(row[time], kinds[time] as ColumnKind)
    const lines =
      texts.length === 0
        ? oneForEachColumn(columns, rows, seconds, numbers)
        : texts.length === 1 && numbers.length === 1
          ? oneForEachText(rows, seconds, texts[0] as number, numbers[0] as number)
          : undefined
    return lines && lines.times.length > 1 ? lines : undefined
  }
  return texts[0] === undefined ? undefined : bars(columns, rows, texts[0], numbers[0] as number)
}

function firstOf(rows: readonly (readonly unknown[])[], index: number): unknown {
  return rows.find((row) => row[index] !== null && row[index] !== undefined)?.[index]
}

type Seconds = (row: readonly unknown[]) => number | undefined

/** One point a row. Two rows of the same time are two points, so times that repeat are no lines. */
function oneForEachColumn(
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  seconds: Seconds,
  numbers: readonly number[],
): Lines | undefined {
  const byTime = new Map<number, readonly unknown[]>()
  for (const row of rows) {
    const at = seconds(row)
    if (at === undefined) continue
    if (byTime.has(at)) return undefined
    byTime.set(at, row)
  }
  const times = [...byTime.keys()].sort((a, b) => a - b)
  const series = numbers.slice(0, MOST_SERIES).map((index) => ({
    name: columns[index]?.name ?? '',
    values: times.map((at) => numberOf(byTime.get(at)?.[index]) ?? null),
  }))
  return { kind: 'lines', times, series, hidden: Math.max(0, numbers.length - MOST_SERIES) }
}

/** The series with the largest sums are shown. */
function oneForEachText(
  rows: readonly (readonly unknown[])[],
  seconds: Seconds,
  text: number,
  number: number,
): Lines | undefined {
  const found = new Map<string, { sum: number; at: Map<number, number> }>()
  const all = new Set<number>()
  for (const row of rows) {
    const [at, value] = [seconds(row), numberOf(row[number])]
    if (at === undefined || value === undefined) continue
    const name = String(row[text] ?? 'NULL')
    const one = found.get(name) ?? { sum: 0, at: new Map() }
    if (one.at.has(at)) return undefined
    one.at.set(at, value)
    one.sum += value
    found.set(name, one)
    all.add(at)
  }
  const times = [...all].sort((a, b) => a - b)
  const series = [...found]
    .sort(([a, { sum: left }], [b, { sum: right }]) => right - left || byText(a, b))
    .slice(0, MOST_SERIES)
    .map(([name, { at }]) => ({ name, values: times.map((time) => at.get(time) ?? null) }))
  return { kind: 'lines', times, series, hidden: Math.max(0, found.size - MOST_SERIES) }
}

/** In the order of the rows: the query decides it. */
function bars(
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  text: number,
  number: number,
): Bars | undefined {
  const all = rows.flatMap((row) => {
    const value = numberOf(row[number])
    return value === undefined ? [] : [{ label: String(row[text] ?? 'NULL'), value }]
  })
  if (all.length === 0) return undefined
  return {
    kind: 'bars',
    label: columns[text]?.name ?? '',
    value: columns[number]?.name ?? '',
    bars: all.slice(0, MOST_BARS),
    hidden: Math.max(0, all.length - MOST_BARS),
  }
}
