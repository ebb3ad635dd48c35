import { setTimeout as sleep } from 'node:timers/promises'
import type { DestinationStats, Stats } from '@spanhouse/exporter-clickhouse'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { SpanLike } from '@spanhouse/transform'
import { expect, onTestFinished, vi } from 'vitest'
import { PATIENT_MS } from '../kit/patience.js'
import { record } from '../kit/results.js'
import { DiagLogLevel, diag } from '../sdk2/node_modules/@opentelemetry/api'
import { shopSpan } from './spans.js'

/** `SPANHOUSE_LONG=1` runs the outages and kills at their full number and length. */
export const LONG: boolean = process.env['SPANHOUSE_LONG'] === '1'

interface Tally {
  rows: number
  lost: number
  duplicated: number
}

/** How many of the spans that were made are in the table of a database. */
export async function tally(
  server: Pick<ClickHouseServer, 'query'>,
  database: string,
  made: number,
): Promise<Tally> {
  const text = await server.query(
    `SELECT count(), uniqExact(span_id) FROM ${database}.traces FORMAT TSV`,
  )
  const [rows = 0, ids = 0] = text.split('\t').map(Number)
  return { rows, lost: made - ids, duplicated: rows - ids }
}

export async function rowsIn(
  server: Pick<ClickHouseServer, 'query'>,
  database: string,
): Promise<number> {
  return Number(await server.query(`SELECT count() FROM ${database}.traces`).catch(() => 0))
}

/** A destination of `stats()`. Checks that its counts add up. */
export function statsOf(source: { stats(): Stats }, name = 'primary'): DestinationStats {
  const stats = source.stats().destinations[name]
  if (!stats) throw new Error(`no destination ${name}`)
  const dropped = Object.values(stats.dropped).reduce((sum, rows) => sum + rows, 0)
  expect(stats.accepted).toBe(stats.delivered + dropped + stats.waiting)
  return stats
}

/** Waits until `check` no longer throws. */
export function eventually<T>(check: () => T | Promise<T>, timeout = PATIENT_MS): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 10 })
}

export async function until(condition: () => boolean | Promise<boolean>, timeout = PATIENT_MS) {
  const deadline = performance.now() + timeout
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not so within ${timeout} ms: ${condition}`)
    await sleep(5)
  }
}

/** Ends spans at a steady rate until it is stopped; resolves with their number. */
export function load(
  to: { onEnd(span: SpanLike): void },
  spansPerSecond: number,
): { stop(): number; readonly made: number } {
  let before = performance.now()
  let due = 0
  let made = 0
  const timer = setInterval(() => {
    const now = performance.now()
    // Spans that a busy machine had no time for are not made later all at once: no application does that either.
    due += (Math.min(now - before, 50) / 1000) * spansPerSecond
    before = now
    for (; made < Math.floor(due); made++) to.onEnd(shopSpan())
  }, 10)
  return {
    get made() {
      return made
    },
    stop() {
      clearInterval(timer)
      return made
    },
  }
}

/** Records a measurement in a file; those of long runs go into docs/. */
export const figure: (test: string, values: Readonly<Record<string, number | string>>) => void =
  record

/** The lines that go through `diag` until the test has ended. */
export function diagLines(): string[] {
  const lines: string[] = []
  const say = (...words: unknown[]) => lines.push(words.join(' '))
  const logger = { error: say, warn: say, info: say, debug: () => {}, verbose: () => {} }
  diag.setLogger(logger, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  return lines
}
