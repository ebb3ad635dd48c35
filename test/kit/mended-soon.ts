import { onTestFinished } from 'vitest'
import { clock } from '../../packages/exporter-clickhouse/src/common/clock.js'
import { LONG } from './patience.js'

const HALF_A_MINUTE_MS = 30_000

/**
 * Until the test ends the exporters of this process ask a server that somebody must mend every second instead of every thirty. A long run
 * waits, and pace.test.ts shows how long the pause is.
 */
export function mendedSoon(): void {
  if (LONG) return
  const { setTimeout } = clock
  clock.setTimeout = (callback, ms) => setTimeout(callback, ms === HALF_A_MINUTE_MS ? 1000 : ms)
  onTestFinished(() => {
    clock.setTimeout = setTimeout
  })
}
