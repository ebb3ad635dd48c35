import type { Parcel } from '../accounting/parcel.js'
import { clock, turn } from '../common/clock.js'
import { type Limit, newLimit } from '../common/limit.js'
import type { Destination } from '../delivery/destination.js'
import type { Arrivals } from './arrivals.js'
import type { Lane } from './lane.js'

interface Ends<Input> {
  readonly destinations: readonly Destination[]
  readonly lanes: readonly Lane<Input>[]
  readonly arrivals: Arrivals
  readonly counted: (records: number) => void
}

interface Waits {
  /** How long the first record may wait for its turn and for room. */
  readonly patience: AbortSignal
  /** How long the others may. */
  readonly closing: AbortSignal
}

/** Rows of one step, before they are compressed: they block the event loop for a millisecond or two. */
const STEP_BYTES = 256 * 1024
/** Rows that are refused or left out have no bytes, but may take long to make. */
const STEP_MS = 10
const MAX_STEP = 500
/** How many records the first step of a parcel has, whose rows may be large. */
const FIRST_STEP = 16

/**
 * Takes parcels in step by step, with turns of the event loop between them, and only as fast as there is room for their rows. One parcel at a
 * time, so that the batches of a parcel have no rows of others.
 */
export class Intake<Input> {
  readonly #ends: Ends<Input>
  readonly #stepBytes: number
  readonly #oneAtATime: Limit = newLimit(1)

  constructor(ends: Ends<Input>) {
    this.#ends = ends
    const queues = ends.destinations.map(({ config }) => config.queue.maxBytes / 8)
    this.#stepBytes = Math.min(STEP_BYTES, ...queues)
  }

  /**
   * Takes in all records of a parcel, or none, and resolves with their number. Resolves with undefined if it was not the parcel's turn, or there
   * was no room for the first record, before `patience` was aborted, or if `closing` was. Rejects if `slices` throws, which may have empty slices.
   */
  take(
    parcel: Parcel,
    slices: Iterable<readonly Input[]>,
    { patience, closing }: Waits,
  ): Promise<number | undefined> {
    return this.#oneAtATime.run(async () => {
      try {
        return await this.#takeAll(parcel, slices, patience, closing)
      } finally {
        const reason = closing.aborted ? 'shutdown' : 'internal_error'
        if (!parcel.isComplete)
          for (const lane of this.#ends.lanes) lane.abandonParcel(parcel, reason)
      }
    }, patience)
  }

  /** Resolves when no parcel is being taken in any more. Abort `closing` of all of them before. */
  ended(): Promise<void> {
    return this.#oneAtATime.run(async () => {})
  }

  async #takeAll(
    parcel: Parcel,
    slices: Iterable<readonly Input[]>,
    patience: AbortSignal,
    closing: AbortSignal,
  ): Promise<number | undefined> {
    if (closing.aborted) return undefined
    let taken = 0
    let step = FIRST_STEP
    for (const records of slices) {
      for (let from = 0; from < records.length; ) {
        await this.#roomFor(this.#stepBytes, taken === 0 ? [patience, closing] : [closing])
        if (closing.aborted || (taken === 0 && patience.aborted)) return undefined
        const some = records.slice(from, from + step)
        const startedAt = clock.now()
        const rowBytes = this.#add(parcel, some) / some.length
        const rowMs = (clock.now() - startedAt) / some.length
        from += some.length
        taken += some.length
        const next = Math.floor(Math.min(this.#stepBytes / (rowBytes + 1), STEP_MS / rowMs))
        step = Math.min(Math.max(next, 1), MAX_STEP)
        await turn()
      }
      if (records.length === 0) await turn()
    }
    for (const lane of this.#ends.lanes) lane.sealParcel(parcel)
    parcel.complete()
    return taken
  }

  /** Returns the bytes of their rows. */
  #add(parcel: Parcel, records: readonly Input[]): number {
    const { arrivals, lanes, counted } = this.#ends
    const before = this.#bytes()
    counted(records.length)
    arrivals.begin()
    try {
      for (const lane of lanes) lane.addOf(parcel, records)
    } finally {
      arrivals.end()
    }
    return Math.max(this.#bytes() - before, 0)
  }

  /** Of rows in memory, at the destination that has most of them. */
  #bytes(): number {
    return this.#openBytes() + Math.max(0, ...this.#ends.destinations.map((one) => one.heldBytes))
  }

  #openBytes(): number {
    return this.#ends.lanes.reduce((sum, lane) => sum + lane.waitingBytes, 0)
  }

  async #roomFor(bytes: number, signals: readonly AbortSignal[]): Promise<void> {
    while (!this.#hasRoomFor(bytes) && !signals.some((one) => one.aborted)) {
      const waiting = new AbortController()
      const stop = () => waiting.abort()
      for (const one of signals) one.addEventListener('abort', stop, { once: true })
      await Promise.race(this.#ends.destinations.map(({ room }) => room.next(waiting.signal)))
      for (const one of signals) one.removeEventListener('abort', stop)
      waiting.abort()
    }
  }

  /** A destination that is behind does not hold up the others. If all are behind, one with room is enough. */
  #hasRoomFor(bytes: number): boolean {
    const { destinations } = this.#ends
    const working = destinations.filter((one) => !one.isBehind && one.config.stopped === undefined)
    const asked = working.length > 0 ? working : destinations
    const needed = this.#openBytes() + bytes
    return destinations.length === 0 || asked.some((one) => one.hasRoomFor(needed))
  }
}
