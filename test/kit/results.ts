import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a run leaves its figures, its failures at length and its summary. A folder of its own for each run that goes on beside another. */
export const RESULTS: string =
  process.env['SPANHOUSE_RESULTS'] ?? fileURLToPath(new URL('../../test-results', import.meta.url))

export const FIGURES: string = join(RESULTS, 'figures.jsonl')

/** One line of JSON for each measurement. Test files run side by side: a line is written at once. */
export function record(test: string, values: Readonly<Record<string, unknown>>): void {
  const rounded = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.round(value * 10) / 10 : value,
  ])
  mkdirSync(RESULTS, { recursive: true })
  appendFileSync(FIGURES, `${JSON.stringify({ test, ...Object.fromEntries(rounded) })}\n`)
}
