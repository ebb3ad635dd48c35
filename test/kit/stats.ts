import type { DestinationStats, Stats } from '@spanhouse/exporter-clickhouse'
import { expect } from 'vitest'
import { until } from './patience.js'

interface Source {
  stats(): Stats
}

/** The `stats()` of a destination, or of the only one. Its account must add up, whenever it is asked. */
export function statsOf(source: Source, name?: string): DestinationStats {
  const { destinations } = source.stats()
  const stats = name === undefined ? Object.values(destinations)[0] : destinations[name]
  if (!stats) throw new Error(`no destination ${name}`)
  expectToAddUp(stats)
  return stats
}

/** Resolves when the server has told whether it deduplicates. It is asked after the first success, and no flush waits for its answer. */
export function deduplicationKnown(source: Source, name?: string): Promise<void> {
  return until(() => statsOf(source, name).deduplication !== 'unknown')
}

function expectToAddUp(stats: DestinationStats): void {
  const dropped = Object.values(stats.dropped).reduce((sum, rows) => sum + rows, 0)
  expect(stats.accepted).toBe(stats.delivered + dropped + stats.waiting)
  expect(stats.waitingBytes).toBeGreaterThanOrEqual(0)
  if (stats.waiting === 0) expect(stats.waitingBytes).toBe(0)
}

/** Every destination's account adds up. */
export function expectAllToAddUp(source: Source): void {
  for (const name of Object.keys(source.stats().destinations)) statsOf(source, name)
}
