import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a run leaves its figures, full failures and summary. Runs at the same time need different folders. */
export const RESULTS: string =
  process.env['SPANHOUSE_RESULTS'] ?? fileURLToPath(new URL('../../test-results', import.meta.url))

export const FIGURES: string = join(RESULTS, 'figures.jsonl')

/** Appends one line of JSON for each measurement, in one write because test files run in parallel. */
export function figure(test: string, values: Readonly<Record<string, unknown>>): void {
  const rounded = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ])
  mkdirSync(RESULTS, { recursive: true })
  appendFileSync(FIGURES, `${JSON.stringify({ test, ...Object.fromEntries(rounded) })}\n`)
}
