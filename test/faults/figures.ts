import { afterAll } from 'vitest'
import { figure } from '../kit/results.js'
import { SEED } from './seed.js'

type Counts = Readonly<Record<string, number>>
/** Under `faults`: how many of each kind there were. */
export type Figures = Readonly<Record<string, number | string | readonly number[] | Counts>>

export function figures(test: string, values: Figures): void {
  figure(test, { seed: SEED, ...values })
}

/** Counts the faults of a file by kind, and reports them when its tests are over. */
export function faultsOf(file: string): (kind: string, times?: number) => void {
  const counts = new Map<string, number>()
  afterAll(() => {
    if (counts.size > 0) figures(file, { faults: Object.fromEntries([...counts].sort()) })
  })
  return (kind, times = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + times)
}

/** The percentile: the value that so many of a hundred do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}
