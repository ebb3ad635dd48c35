import { clock, pause } from '../common/clock.js'
import { valueWithin } from '../common/deadline.js'
import { newLimit } from '../common/limit.js'
import type { Load, Loaded } from './loader.js'
import { DEADLINE_MS, noAnswer } from './no-answer.js'
import type { Stored } from './stored.js'

/** The disk does not give a batch now. It stays there. */
export interface NotNow {
  readonly batch?: undefined
  readonly insert?: undefined
  /** Resolves when the batch may be asked for again, or with the batch if a disk that hung gives it after all. Never rejects. */
  readonly later: Promise<Loaded | undefined>
}

export interface ReadEvents {
  /** A batch cannot be read now. Called once until `readable()`. */
  unreadable(error: Error): void
  /** Each batch that could not be read has been read, or has left. */
  readable(): void
}

/** Loads batches, but nobody waits for a disk that hangs or fails longer than the deadline. */
export interface Reads {
  load(stored: Stored): Promise<Loaded | NotNow | undefined>
  /** Whether the disk may be asked for a batch. While a read fails, only one a second tries the disk. */
  mayRead(): boolean
  /** Whether the disk may be asked for this batch. */
  mayLoad(stored: Stored): boolean
}

// More would only wait for the disk.
const MAX_READS = 1
const TRY_EVERY_MS = 1000
// Longer than TRY_EVERY_MS: otherwise a record that fails would always be the one that tries the disk.
const REST_MS = 5000

/** `has`: whether the batch is still ours. */
export function newReads(
  read: Load,
  has: (stored: Stored) => boolean,
  events: ReadEvents,
  closing: AbortSignal,
): Reads {
  const limit = newLimit(MAX_READS)
  const underWay = new Set<Stored>()
  const unread = new Set<Stored>()
  let isFailing = false
  let nextTryAt = 0

  function mayRead(): boolean {
    // One behind reads that hang would find out nothing.
    return !isFailing || (limit.size < MAX_READS && clock.now() >= nextTryAt)
  }

  function mayLoad(stored: Stored): boolean {
    // A read that hangs is not begun a second time.
    return !underWay.has(stored) && mayRead()
  }

  async function load(stored: Stored): Promise<Loaded | NotNow | undefined> {
    if (closing.aborted) return undefined
    if (!mayLoad(stored)) return rest()
    nextTryAt = clock.now() + TRY_EVERY_MS
    let hasBegun = false
    let givenUp = false
    const reading = limit.run(async () => {
      if (givenUp) return undefined
      hasBegun = true
      return readOnce(stored)
    })
    const ended = await valueWithin(DEADLINE_MS, async () => ({ with: await reading }), {
      ref: false,
    })
    if (ended) return ended.with instanceof Error ? rest() : ended.with
    givenUp = true
    if (!hasBegun) return rest()
    failed(stored, noAnswer())
    const later = reading.then(
      (result) => (result instanceof Error ? undefined : result),
      () => undefined,
    )
    return { later }
  }

  async function readOnce(stored: Stored): Promise<Loaded | Error | undefined> {
    underWay.add(stored)
    try {
      const result = await read(stored)
      if (result instanceof Error) failed(stored, result)
      else settled(stored, result)
      return result
    } finally {
      underWay.delete(stored)
    }
  }

  function failed(stored: Stored, error: Error): void {
    isFailing = true
    nextTryAt = clock.now() + TRY_EVERY_MS
    const isFirst = unread.size === 0
    unread.add(stored)
    if (isFirst) events.unreadable(error)
  }

  function settled(stored: Stored, result: Loaded | undefined): void {
    if (closing.aborted) return
    if (result) isFailing = false // otherwise the disk may not even have been asked
    if (unread.size === 0) return
    unread.delete(stored)
    for (const one of unread) if (!has(one)) unread.delete(one)
    if (unread.size > 0) return
    isFailing = false
    events.readable()
  }

  return { load, mayRead, mayLoad }
}

function rest(): NotNow {
  return { later: pause(REST_MS).then(() => undefined) }
}
