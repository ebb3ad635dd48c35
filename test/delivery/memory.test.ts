import { ClickHouseSpanProcessor, type Options } from '@spanhouse/exporter-clickhouse'
import { expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { eventually, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { shopSpans } from '../kit/shop-spans.js'
import { statsOf } from '../kit/stats.js'

const MiB = 1024 * 1024

test.each([
  [512, 25_600],
  [10_000, 30_000],
])(
  '64 MiB carries at least 900,000 waiting spans of the shop in batches of %i',
  async (maxRows, rows) => {
    const processor = await refused({ batch: { maxRows } })
    // Not all within one turn: rows that are not compressed yet count with their full size.
    for (let made = 0; made < rows; made += 1000) {
      for (const span of shopSpans(Math.min(1000, rows - made))) processor.onEnd(span)
      await until(() => statsOf(processor).waitingBytes < 32 * MiB)
    }
    await compressedBatch(processor)
    const { waiting, waitingBytes, dropped } = statsOf(processor)
    expect({ waiting, dropped }).toEqual({ waiting: rows, dropped: {} })
    const bytesPerSpan = waitingBytes / waiting
    figure(`waiting spans in batches of ${maxRows}`, {
      'bytes a span': bytesPerSpan,
      'spans in 64 MiB': Math.floor((64 * MiB) / bytesPerSpan),
    })
    expect((64 * MiB) / bytesPerSpan).toBeGreaterThan(900_000)
    await processor.shutdown()
  },
)

test.each(['drop_oldest', 'drop_newest'] as const)(
  'a full queue: %s, drops are counted, and memory stays bounded',
  async (whenFull) => {
    const maxBytes = MiB
    const drops: [number, string, string][] = []
    const processor = await refused({
      batch: { maxRows: 100 },
      queue: { maxBytes, whenFull },
      onDrop: (...drop) => void drops.push(drop),
    })
    let most = 0
    const rows = 20_000
    for (let made = 0; made < rows; made += 100) {
      for (const span of shopSpans(100)) processor.onEnd(span)
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, statsOf(processor).waitingBytes)
    }
    const { waiting, dropped, waitingBytes } = statsOf(processor)
    figure(`a full queue of 1 MiB, ${whenFull}`, {
      'spans offered': rows,
      waiting,
      dropped: dropped.queue_full ?? 0,
      'most KiB held': most / 1024,
    })
    expect(dropped).toEqual({ queue_full: rows - waiting })
    expect(dropped.queue_full).toBeGreaterThan(rows / 4)
    expect(waitingBytes).toBeGreaterThan(maxBytes / 2)
    // Batches in flight may not be dropped, and the open batch is not in the queue yet.
    expect(most).toBeLessThan(maxBytes * 1.2)
    expect(drops.every(([, reason, name]) => reason === 'queue_full' && name === 'primary')).toBe(
      true,
    )
    expect(drops.reduce((sum, [dropRows]) => sum + dropRows, 0)).toBe(rows - waiting)
    await processor.shutdown()
  },
)

test('a queue smaller than a batch: batches are cut to fit, the newest rows stay', async () => {
  const maxBytes = 20_000
  const processor = await refused({ batch: { maxRows: 1000 }, queue: { maxBytes } })
  for (const span of shopSpans(1000)) processor.onEnd(span)
  const { waiting, waitingBytes, dropped } = statsOf(processor)
  figure('a queue of 20,000 bytes', { waiting, waitingBytes })
  expect(waiting).toBeGreaterThan(0)
  expect(dropped).toEqual({ queue_full: 1000 - waiting })
  expect(waitingBytes).toBeLessThan(maxBytes * 1.5) // the open batch is not in the queue yet
  await processor.shutdown()
})

async function refused(options: Options) {
  return new ClickHouseSpanProcessor({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    shutdownTimeoutMs: 1,
    ...options,
  })
}

/** Resolves when all waiting batches are compressed: the held bytes no longer go down. */
async function compressedBatch(processor: ClickHouseSpanProcessor): Promise<void> {
  await until(() => statsOf(processor).failing)
  let before = Number.POSITIVE_INFINITY
  await eventually(async () => {
    const now = statsOf(processor).waitingBytes
    const steady = now === before
    before = now
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(steady).toBe(true)
  })
}
