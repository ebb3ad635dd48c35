import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Batch } from '../../src/batching/batch.js'
import { Entry, type State } from '../../src/delivery/entry.js'
import { Queue } from '../../src/delivery/queue.js'
import type { Stored } from '../../src/spool/stored.js'

const NONE = { codec: 'none', level: 1, thresholdBytes: 0 } as const
const stored = { destination: 'primary', rows: 1, bytes: 1 } as Stored

function entry(bytes: number, ...states: State[]): Entry {
  const made = Entry.of(Batch.seal(['x'.repeat(bytes)], NONE))
  for (const state of states) made.to(state)
  return made
}

function onDisk(bytes: number): Entry {
  return Object.assign(entry(bytes, 'ready'), { stored })
}

function ambiguous(bytes: number): Entry {
  const made = entry(bytes)
  made.history = { ...made.history, ambiguous: true }
  return made
}

function filled(whenFull: 'drop_oldest' | 'drop_newest', ...entries: Entry[]): Queue {
  const queue = new Queue({ maxBytes: 4000, whenFull })
  for (const one of entries) queue.add(one)
  return queue
}

test('nobody goes while there is room', () => {
  const [a, b] = [entry(1000), entry(1000)]
  expect(filled('drop_oldest', a, b).victimFor(b)).toBeUndefined()
})

test('the oldest goes, or the newest', () => {
  const [a, b, c] = [entry(1000), entry(1000), entry(2000)]
  expect(filled('drop_oldest', a, b, c).victimFor(c)).toBe(a)
  expect(filled('drop_newest', a, b, c).victimFor(c)).toBe(c)
})

test('what is in flight or may have been written stays, even if the newest must go', () => {
  const [a, b, c] = [entry(2000, 'ready', 'in_flight'), ambiguous(1000), entry(2000)]
  expect(filled('drop_oldest', a, b, c).victimFor(c)).toBe(c)
})

test('nothing goes for what has no room in the empty queue', () => {
  const [a, b] = [entry(1000), entry(5000)]
  expect(filled('drop_oldest', a, b).victimFor(b)).toBe(b)
})

test('who must go is found without a look at all that is on disk only', () => {
  let looks = 0
  const unloaded = Array.from({ length: 2000 }, () => {
    const made = Entry.recovered(stored)
    return Object.defineProperty(made, 'heldBytes', { get: () => looks++ * 0, set() {} })
  })
  const [a, b] = [entry(3000), entry(3000)]
  const queue = filled('drop_oldest', ...unloaded, a, b)
  looks = 0
  expect(queue.victimFor(b)).toBe(a)
  expect(looks).toBeLessThan(10)
})

test('what can be sent is in the order of arrival, apart from what is on disk only or rests', () => {
  const [a, b, c] = [entry(500), onDisk(500), entry(500, 'ready')]
  const queue = filled('drop_oldest', a, b, c)
  const order = () => [[...queue.ready], [...queue.unloaded], [...queue.resting]]
  expect(order()).toEqual([[b, c], [], []])
  a.to('ready')
  queue.letGo(b)
  expect(order()).toEqual([[a, c], [b], []])
  a.to('in_flight')
  expect(order()).toEqual([[c], [b], []])
  a.to('resting')
  expect(order()).toEqual([[c], [b], [a]])
  queue.moveToEnd(a)
  a.to('ready')
  expect(order()).toEqual([[c, a], [b], []])
  queue.moveToEnd(c)
  expect(order()).toEqual([[a, c], [b], []])
  queue.remove(c)
  c.to('gone')
  queue.remove(b)
  expect(order()).toEqual([[a], [], []])
})

test('bytes are counted as they come, shrink and go', () => {
  const [a, b] = [entry(1000), entry(500)]
  const queue = filled('drop_oldest', a, b)
  const before = queue.heldBytes
  a.batch = undefined
  queue.recount(a)
  expect(before - queue.heldBytes).toBeGreaterThan(1000)
  expect([queue.remove(a), queue.remove(a), queue.remove(b)]).toEqual([true, false, true])
  expect([queue.heldBytes, queue.rows]).toEqual([0, 0])
})

test('whoever waits for room hears of memory that is let go', async () => {
  const one = onDisk(1000)
  const queue = filled('drop_oldest', one)
  let happened = false
  const heard = queue.room.next(new AbortController().signal).then(() => {
    happened = true
  })
  queue.moveToEnd(one)
  await turn()
  expect(happened).toBe(false)
  queue.letGo(one)
  await heard
})

test('what is on disk too is let go of when half the memory is in use', () => {
  const [a, b] = [entry(1000), onDisk(1500)]
  const queue = filled('drop_oldest', a, b)
  queue.unload(b)
  expect(b.batch).toBeUndefined()
  const alone = onDisk(1000)
  filled('drop_oldest', alone).unload(alone)
  expect(alone.batch).toBeDefined()
})
