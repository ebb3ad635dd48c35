import { SEED } from './seed.js'

export type Figures = Readonly<Record<string, number | string | readonly number[]>>

/** One line of JSON a measurement, and the same for people. `npm run test:long` gathers the former. */
export function figures(test: string, values: Figures): void {
  const rounded = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' ? Math.round(value * 10) / 10 : value,
    ]),
  )
  const width = Math.max(...Object.keys(rounded).map((name) => name.length))
  const table = Object.entries(rounded).map(
    ([name, value]) => `  ${name.padEnd(width)}  ${JSON.stringify(value)}`,
  )
  console.log(
    `${test} (seed ${SEED})\n${table.join('\n')}\nfigures: ${JSON.stringify({ test, seed: SEED, ...rounded })}`,
  )
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0
}
