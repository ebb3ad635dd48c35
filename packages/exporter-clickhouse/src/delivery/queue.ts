import { Occasion } from '../common/occasion.js'
import type { Entry } from './entry.js'

/** The batches of one destination in the order of arrival, including those in flight. Bounded in bytes of memory. */
export class Queue implements Iterable<Entry> {
  /** See `Holdings`. */
  readonly room: Occasion = new Occasion()
  readonly #maxBytes: number
  readonly #whenFull: 'drop_oldest' | 'drop_newest'
  readonly #entries = new Set<Entry>()
  #heldBytes = 0

  constructor({
    maxBytes,
    whenFull,
  }: { maxBytes: number; whenFull: 'drop_oldest' | 'drop_newest' }) {
    this.#maxBytes = maxBytes
    this.#whenFull = whenFull
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.#entries.values()
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  get rows(): number {
    let rows = 0
    for (const entry of this.#entries) rows += entry.rows
    return rows
  }

  has(entry: Entry): boolean {
    return this.#entries.has(entry)
  }

  add(entry: Entry): void {
    this.#entries.add(entry)
    this.#heldBytes += entry.heldBytes
  }

  /** False if it was not there any more. */
  remove(entry: Entry): boolean {
    if (!this.#entries.delete(entry)) return false
    this.#heldBytes -= entry.heldBytes
    return true
  }

  moveToEnd(entry: Entry): void {
    if (this.#entries.delete(entry)) this.#entries.add(entry)
  }

  /** Updates the count of bytes after the entry's batch was compressed, loaded or freed. */
  recount(entry: Entry): void {
    if (!this.has(entry)) return
    const heldBytes = entry.batch?.heldBytes ?? 0
    const change = heldBytes - entry.heldBytes
    this.#heldBytes += change
    entry.heldBytes = heldBytes
    if (change < 0) this.room.happened()
  }

  /**
   * Frees the memory of an entry that is also on disk, if half of the bound is in use. The oldest entries, which are sent first, keep
   * theirs.
   */
  unload(entry: Entry): void {
    if (this.#heldBytes > this.#maxBytes / 2 && canBeUnloaded(entry)) this.letGo(entry)
  }

  /** Frees the memory of an entry that is on disk. */
  letGo(entry: Entry): void {
    if (!entry.stored) return
    entry.batch = undefined
    entry.insert = undefined
    this.recount(entry)
  }

  /** The next entry that must give up its memory so that `newest` has room; undefined when there is room. */
  victimFor(newest: Entry): Entry | undefined {
    if (this.#heldBytes <= this.#maxBytes || !this.has(newest)) return undefined
    // An entry that is too large by itself would not fit even into an empty queue.
    const hopeless = newest.heldBytes > this.#maxBytes
    return hopeless || this.#whenFull === 'drop_newest'
      ? newest
      : this.#oldest((entry) => entry.heldBytes > 0, newest)
  }

  /** The next entry that must leave the disk so that `newest` has room there. */
  victimOnDisk(newest: Entry): Entry {
    return this.#whenFull === 'drop_newest'
      ? newest
      : this.#oldest((entry) => entry.stored !== undefined, newest)
  }

  // A batch that may have been written is no victim: its rows would count as dropped although the table may have them.
  #oldest(suits: (entry: Entry) => boolean, otherwise: Entry): Entry {
    for (const entry of this.#entries)
      if (!isBusy(entry) && !entry.history.ambiguous && suits(entry)) return entry
    return otherwise
  }
}

/** Its rows are being sent, or made into other batches. */
function isBusy({ state }: Entry): boolean {
  return state === 'in_flight' || state === 'splitting'
}

function canBeUnloaded({ state }: Entry): boolean {
  return state === 'ready' || state === 'resting'
}
