import type { HeatRow, RateRow } from '@spanhouse/queries'
import { durationText } from '../common/text.js'

/** A band is an eighth of a power of ten: `floor(log10(ns) * 8)`. */
const BANDS_A_POWER = 8

/** The durations of a band in nanoseconds; the end is exclusive. */
export function bandBounds(band: number): { fromNs: number; toNs: number } {
  return { fromNs: 10 ** (band / BANDS_A_POWER), toNs: 10 ** ((band + 1) / BANDS_A_POWER) }
}

export function bandOf(ns: number): number {
  return Math.floor(Math.log10(ns) * BANDS_A_POWER)
}

/** How strongly a cell is drawn, from 0 to 1: few must be visible beside many. */
export function strength(count: number, most: number): number {
  return most <= 1 ? 1 : Math.log1p(count) / Math.log1p(most)
}

/** What a search looks for that finds the traces of these durations. Rounded outwards, so that none is lost. */
export function durationCondition(fromNs: number, toNs: number): string {
  return `duration:${searchDuration(fromNs, Math.floor)}..${searchDuration(toNs, Math.ceil)}`
}

function searchDuration(ns: number, round: (value: number) => number): string {
  const [unit, size] = ns < 1e6 ? ['us', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9]
  return `${Number((round((ns / Number(size)) * 100) / 100).toFixed(2))}${unit}`
}

/** The lowest and the highest duration of the cells; a whole power of ten when there are none. */
export function durationRange(cells: readonly HeatRow[]): { minNs: number; maxNs: number } {
  if (cells.length === 0) return { minNs: 1e6, maxNs: 1e9 }
  const bands = cells.map((cell) => cell.band)
  const min = Math.min(...bands)
  const max = Math.max(...bands)
  // A little room, and never so narrow that one cell fills the chart.
  const missing = Math.max(0, BANDS_A_POWER - (max - min + 1))
  return {
    minNs: bandBounds(min - Math.ceil(missing / 2)).fromNs,
    maxNs: bandBounds(max + Math.floor(missing / 2)).toNs,
  }
}

/** Instead of powers of ten that are not round in minutes, hours and days, by the power. */
const LONG_NS: Readonly<Record<number, number>> = {
  11: 60e9,
  12: 600e9,
  13: 3600e9,
  14: 86_400e9,
  15: 864_000e9,
  16: 8_640_000e9,
}

/** Round durations for an axis: powers of ten, and 2 and 5 times them if there would be less than three; no more than `most`. */
export function durationTicks(minNs: number, maxNs: number, most: number): number[] {
  const from = Math.floor(Math.log10(minNs))
  const powers = Array.from(
    { length: Math.ceil(Math.log10(maxNs)) - from + 1 },
    (_, i) => LONG_NS[from + i] ?? 10 ** (from + i),
  )
  const within = (ns: number) => ns >= minNs * 0.999 && ns <= maxNs * 1.001
  const few = powers.filter(within)
  const ticks = few.length >= 3 ? few : powers.flatMap((ns) => [ns, 2 * ns, 5 * ns]).filter(within)
  // Each power, or each second, third, … one: the distances stay the same.
  const every = Math.ceil(ticks.length / Math.max(1, most))
  return ticks.filter((_, index) => index % every === 0)
}

/** Every step of a range with its numbers: nothing happened in those that the server left out. Times in seconds, as uPlot takes them. */
export interface Lines {
  readonly times: number[]
  readonly good: number[]
  readonly errors: number[]
  readonly p50: (number | null)[]
  readonly p95: (number | null)[]
  readonly p99: (number | null)[]
}

export function linesOf(
  rows: readonly RateRow[],
  range: { readonly fromUs: number; readonly toUs: number; readonly stepUs: number },
): Lines {
  const lines: Lines = { times: [], good: [], errors: [], p50: [], p95: [], p99: [] }
  const byTime = new Map(rows.map((row) => [row.bucket_us, row]))
  const first = Math.floor(range.fromUs / range.stepUs) * range.stepUs
  for (let us = first; us < range.toUs; us += range.stepUs) {
    const row = byTime.get(us)
    lines.times.push(us / 1e6)
    lines.good.push(row ? row.requests - row.errors : 0)
    lines.errors.push(row?.errors ?? 0)
    lines.p50.push(row?.p50_ns ?? null)
    lines.p95.push(row?.p95_ns ?? null)
    lines.p99.push(row?.p99_ns ?? null)
  }
  return lines
}

/** What the chart shows, in words, for those who do not see it. */
export function heatSummary(cells: readonly HeatRow[], rows: readonly RateRow[]): string {
  const spans = cells.reduce((sum, cell) => sum + cell.count, 0)
  if (spans === 0) return 'Latency over time: no requests in this range.'
  const { minNs, maxNs } = durationRange(cells)
  const p95 = Math.max(0, ...rows.map((row) => row.p95_ns ?? 0))
  return `Latency over time: ${spans} requests between ${durationText(minNs)} and ${durationText(maxNs)}, highest p95 ${durationText(p95)}.`
}
