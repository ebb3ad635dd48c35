import type { Parcel } from '../accounting/parcel.js'
import { turn } from '../common/clock.js'
import { type Limit, newLimit } from '../common/limit.js'
import type { Destination } from '../delivery/destination.js'
import type { Arrivals } from './arrivals.js'
import type { Lane } from './lane.js'

/** Some of the records of a parcel, and a guess of the bytes of their rows. */
export interface Slice<Input> {
  readonly records: readonly Input[]
  readonly bytes: number
}

interface Ends<Input> {
  readonly destinations: readonly Destination[]
  readonly lanes: readonly Lane<Input>[]
  readonly arrivals: Arrivals
  readonly counted: (records: number) => void
}

/**
 * Takes parcels in slice by slice, with turns of the event loop between them, and only as fast as there is room for their rows. One parcel at
 * a time, so that the batches of a parcel have no rows of others.
 */
export class Intake<Input> {
  readonly #ends: Ends<Input>
  readonly #oneAtATime: Limit = newLimit(1)

  constructor(ends: Ends<Input>) {
    this.#ends = ends
  }

  /**
   * Takes in all records of a parcel, or none, and resolves with their number. Resolves with undefined if there was no room for the first slice
   * before `patience` was aborted. After it, the rest waits for room as long as it takes, or until `closing` is aborted. Rejects if `slices`
   * throws.
   */
  take(
    parcel: Parcel,
    slices: Iterable<Slice<Input>>,
    { patience, closing }: { patience: AbortSignal; closing: AbortSignal },
  ): Promise<number | undefined> {
    return this.#oneAtATime.run(async () => {
      let taken = 0
      for (const { records, bytes } of slices) {
        if (records.length > 0) await this.#roomFor(bytes, taken === 0 ? patience : closing)
        if (closing.aborted || (taken === 0 && patience.aborted)) return undefined
        taken += records.length
        this.#add(parcel, records)
        await turn()
      }
      for (const lane of this.#ends.lanes) lane.sealParcel(parcel)
      parcel.complete()
      return taken
    })
  }

  #add(parcel: Parcel, records: readonly Input[]): void {
    const { arrivals, lanes, counted } = this.#ends
    counted(records.length)
    arrivals.begin()
    try {
      for (const lane of lanes) lane.addOf(parcel, records)
    } finally {
      arrivals.end()
    }
  }

  async #roomFor(bytes: number, signal: AbortSignal): Promise<void> {
    while (!this.#hasRoomFor(bytes) && !signal.aborted) {
      const waiting = new AbortController()
      const stop = () => waiting.abort()
      signal.addEventListener('abort', stop, { once: true })
      await Promise.race(this.#ends.destinations.map(({ room }) => room.next(waiting.signal)))
      signal.removeEventListener('abort', stop)
      waiting.abort()
    }
  }

  /** A destination that is behind does not hold up the others. If all are behind, one with room is enough. */
  #hasRoomFor(bytes: number): boolean {
    const { destinations, lanes } = this.#ends
    const open = lanes.reduce((sum, lane) => sum + lane.waitingBytes, 0)
    const working = destinations.filter((one) => !one.isBehind && one.config.stopped === undefined)
    const asked = working.length > 0 ? working : destinations
    return destinations.length === 0 || asked.some((one) => one.hasRoomFor(open + bytes))
  }
}
