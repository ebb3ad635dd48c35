import { expect, test } from 'vitest'
import { type AnyOptions, openCollector, type RecordCollector } from '../kit/entry-points.mjs'
import { freePort } from '../kit/free-port.js'
import { eventually, LONG, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import {
  records,
  SIGNALS,
  type SignalUnderTest,
  signalFigure,
  TRACES,
  titled,
} from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'

const MiB = 1024 * 1024

const WAITING = { traces: 900_000, logs: 900_000, metrics: 900_000 }

test.each(
  SIGNALS.flatMap((of) =>
    [
      [512, LONG ? 25_600 : 10_240],
      [10_000, LONG ? 30_000 : 20_000],
    ]
      // Small batches are compressed less well.
      .slice(0, LONG || of === TRACES ? 2 : 1)
      .map(([maxRows = 0, rows = 0]) => [WAITING[of.signal], of.title, maxRows, rows, of] as const),
  ),
)(
  '64 MiB carries at least %i waiting %s of the shop in batches of %i',
  async (atLeast, title, maxRows, rows, of) => {
    const processor = await refused(of, { batch: { maxRows } })
    // Not all within one turn: rows that are not compressed yet count with their full size.
    for (let made = 0; made < rows; made += 1000) {
      for (const row of records(of, Math.min(1000, rows - made))) processor.add(row)
      await until(() => statsOf(processor).waitingBytes < 32 * MiB)
    }
    await compressedBatch(processor)
    const { waiting, waitingBytes, dropped } = statsOf(processor)
    expect({ waiting, dropped }).toEqual({ waiting: rows, dropped: {} })
    const bytesPerRow = waitingBytes / waiting
    figure(`waiting ${title} in batches of ${maxRows}`, {
      'bytes a row': bytesPerRow,
      'rows in 64 MiB': Math.floor((64 * MiB) / bytesPerRow),
    })
    expect((64 * MiB) / bytesPerRow).toBeGreaterThan(atLeast)
    await processor.shutdown()
  },
)

test.each(
  SIGNALS.flatMap((of) =>
    (['drop_oldest', 'drop_newest'] as const)
      .slice(0, LONG || of === TRACES ? 2 : 1)
      .map((whenFull) => [of.title, whenFull, of] as const),
  ),
)(
  'a full queue of %s: %s, drops are counted, and memory stays bounded',
  async (title, whenFull, of) => {
    const maxBytes = LONG ? MiB : MiB / 2
    const drops: [number, string, string][] = []
    const processor = await refused(of, {
      batch: { maxRows: LONG ? 100 : 50 },
      queue: { maxBytes, whenFull },
      onDrop: (...drop) => void drops.push(drop),
    })
    let most = 0
    const rows = LONG ? 40_000 : 20_000 // log records are small when they are compressed
    for (let made = 0; made < rows; made += 100) {
      for (const row of records(of, 100)) processor.add(row)
      await new Promise((resolve) => setImmediate(resolve))
      most = Math.max(most, statsOf(processor).waitingBytes)
    }
    const { waiting, dropped, waitingBytes } = statsOf(processor)
    figure(`a full queue of ${maxBytes / MiB} MiB of ${title}, ${whenFull}`, {
      'rows offered': rows,
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

test.each(titled(SIGNALS))(
  'a queue smaller than a batch of %s: batches are cut to fit, the newest rows stay',
  async (_, of) => {
    const maxBytes = 20_000
    const processor = await refused(of, { batch: { maxRows: 1000 }, queue: { maxBytes } })
    for (const row of records(of, 1000)) processor.add(row)
    const { waiting, waitingBytes, dropped } = statsOf(processor)
    signalFigure('a queue of 20,000 bytes', of, { waiting, waitingBytes })
    expect(waiting).toBeGreaterThan(0)
    expect(dropped).toEqual({ queue_full: 1000 - waiting })
    expect(waitingBytes).toBeLessThan(maxBytes * 1.5) // the open batch is not in the queue yet
    await processor.shutdown()
  },
)

async function refused({ signal }: SignalUnderTest, options: AnyOptions) {
  return openCollector(signal, {
    endpoint: `http://127.0.0.1:${await freePort()}`,
    shutdownTimeoutMs: 1,
    ...options,
  })
}

/** Resolves when all waiting batches are compressed: the held bytes no longer go down. */
async function compressedBatch(processor: RecordCollector): Promise<void> {
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
