import { afterAll } from 'vitest'
import { SEED } from './seed.js'

type Counts = Readonly<Record<string, number>>
/** Under `faults`: how many of each kind there were. */
export type Figures = Readonly<Record<string, number | string | readonly number[] | Counts>>

/** One line of JSON a measurement, and the same for people. `npm run test:long` gathers the former. */
export function figures(test: string, values: Figures): void {
  const rounded = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round(value * 10) / 10 : value,
    ]),
  )
  const lines = Object.entries(rounded).flatMap(([name, value]): (readonly [string, string])[] =>
    isCounts(value)
      ? Object.entries(value).map(([kind, count]) => [`${name}: ${kind}`, String(count)])
      : [[name, JSON.stringify(value)]],
  )
  const width = Math.max(...lines.map(([name]) => name.length))
  const table = lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)
  console.log(
    `${test} (seed ${SEED})\n${table.join('\n')}\nfigures: ${JSON.stringify({ test, seed: SEED, ...rounded })}`,
  )
}

function isCounts(value: unknown): value is Counts {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Counts the faults of a file by kind, and says them when its tests are over. */
export function faultsOf(file: string): (kind: string, times?: number) => void {
  const counts = new Map<string, number>()
  afterAll(() => {
    if (counts.size > 0) figures(file, { faults: Object.fromEntries([...counts].sort()) })
  })
  return (kind, times = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + times)
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}
