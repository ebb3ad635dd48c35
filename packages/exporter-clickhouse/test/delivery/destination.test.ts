import { expect, onTestFinished, test, vi } from 'vitest'
import type { DropReason } from '../../src/accounting/drop-reason.js'
import { compressedBatch } from '../../src/batching/batch.js'
import type { Outcome } from '../../src/clickhouse/outcome.js'
import type { Sender } from '../../src/clickhouse/sender.js'
import { turn } from '../../src/common/clock.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { Destination } from '../../src/delivery/destination.js'
import { Entry } from '../../src/delivery/entry.js'
import { Queue } from '../../src/delivery/queue.js'
import { SharedPace } from '../../src/delivery/shared-pace.js'
import type { Spool } from '../../src/spool/spool.js'
import type { Stored } from '../../src/spool/stored.js'
import { serverLog } from '../../src/telemetry/log.js'

/** A destination whose attempts have these outcomes, one after the other; an error stands for a bug. */
function destinationWith(...outcomes: (Outcome | Error)[]) {
  return destinationOf({ outcomes })
}

function destinationOf({ outcomes, spool }: { outcomes: (Outcome | Error)[]; spool?: Spool }) {
  const [config] = parseConfig('traces', {}, {}).destinations
  if (!config) throw new Error('no destination')
  const drops: [number, DropReason][] = []
  const sender: Sender = {
    async attempt() {
      const outcome = outcomes.shift()
      if (outcome === undefined || outcome instanceof Error) throw outcome
      return outcome
    },
    run: async () => ({ outcome: { status: 'delivered' }, text: '' }),
    requests: 0,
    leftOut: { names: new Set(), forbidden: new Set() },
    close() {},
  }
  const destination = new Destination(config, {
    sender,
    pace: new SharedPace(config.retry),
    log: serverLog(config.name, config.endpoint).of('traces', false),
    spool,
    deadLetters: undefined,
    acknowledge: 'delivered',
    onDrop: (rows, reason) => drops.push([rows, reason]),
    onAttempt() {},
    leave() {},
  })
  async function send(rows: number): Promise<void> {
    const lines = Array.from({ length: rows }, () => '{}')
    const batch = await compressedBatch(lines, { codec: 'none', level: 1, thresholdBytes: 0 })
    const entry = destination.offer(batch, 0)
    destination.ready(entry, destination.insertOf(batch, 0), undefined)
    await entry.receipt
    await turn() // what follows from the receipt
  }
  return { destination, send, drops }
}

test('a bug in an attempt costs the rows of one batch, counted as such, and the next batch is sent', async () => {
  const { destination, send, drops } = destinationWith(new Error('a bug'), { status: 'delivered' })
  await send(3)
  await send(5)
  expect(destination.stats()).toMatchObject({
    accepted: 8,
    delivered: 5,
    dropped: { internal_error: 3 },
    waiting: 0,
    inFlight: 0,
  })
  expect(drops).toEqual([[3, 'internal_error']])
})

test('batches that a disk does not give back cost an export nothing, however many they are', async () => {
  const mayRead = vi.fn(() => false)
  const spool = { mayRead, mayLoad: mayRead, bytesOf: () => 0 } as unknown as Spool
  const outcomes: Outcome[] = Array.from({ length: 4 }, () => ({ status: 'delivered' }))
  const { destination, send } = destinationOf({ outcomes, spool })
  for (let n = 0; n < 2000; n++) destination.recover({ destination: 'primary', rows: 1 } as Stored)
  const looks = vi.spyOn(Entry.prototype, 'state', 'get')
  onTestFinished(() => looks.mockRestore())
  mayRead.mockClear()
  for (let n = 0; n < 4; n++) await send(1)
  expect(mayRead.mock.calls.length).toBeLessThan(4 * 10)
  expect(looks.mock.calls.length).toBeLessThan(4 * 50)
  expect(destination.stats()).toMatchObject({ delivered: 4, waiting: 2000 })
  destination.close()
})

test('a flush does not walk over the batches that wait, and ends when they have gone', async () => {
  const spool = { mayRead: () => false, bytesOf: () => 0, remove() {} } as unknown as Spool
  const { destination } = destinationOf({ outcomes: [], spool })
  const stored = Array.from({ length: 3 }, () => ({ destination: 'primary', rows: 1 }) as Stored)
  for (const one of stored) destination.recover(one)
  const walks = vi.spyOn(Queue.prototype, Symbol.iterator)
  onTestFinished(() => walks.mockRestore())
  let flushed = 0
  for (let n = 0; n < 10; n++) {
    destination.hurry(false)
    void destination.settled(new AbortController().signal).then(() => flushed++)
  }
  expect(walks).not.toHaveBeenCalled()
  const [first, ...others] = stored
  destination.disk.leave(others)
  await turn()
  expect(flushed).toBe(0)
  destination.disk.leave(first ? [first] : [])
  await turn()
  expect(flushed).toBe(10)
  destination.close()
})

test('failures of a server do not make anybody walk over the batches that wait', async () => {
  const refused: Outcome = {
    status: 'retry',
    why: 'transient',
    error: new Error('refused'),
    unsent: true,
  }
  const { destination, send } = destinationWith(...Array.from({ length: 12 }, () => refused))
  await send(1)
  for (let n = 0; n < 20; n++) await send(1)
  const walks = vi.spyOn(Queue.prototype, Symbol.iterator)
  onTestFinished(() => walks.mockRestore())
  for (let n = 0; n < 10; n++) {
    const { retries } = destination.stats()
    destination.hurry(false)
    while (destination.stats().retries === retries) await turn()
    await turn() // the attempt ends
  }
  expect(walks).not.toHaveBeenCalled()
  expect(destination.close()).toBe(21)
})
