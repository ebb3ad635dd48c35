import { Occasion } from '../common/occasion.js'
import type { Entry } from './entry.js'
import { InOrder } from './in-order.js'

/**
 * The batches of one destination in the order of arrival, including those in flight. Bounded in bytes of memory. What can be sent now is
 * kept apart from what waits, so that a hundred thousand batches on a disk that fails cost nothing when another one is sent.
 */
export class Queue implements Iterable<Entry> {
  /** See `Holdings`. */
  readonly room: Occasion = new Occasion()
  readonly #maxBytes: number
  readonly #whenFull: 'drop_oldest' | 'drop_newest'
  readonly #entries = new Set<Entry>()
  /** Ready, and in memory. */
  readonly ready: InOrder<Entry> = new InOrder()
  /** Ready, but on disk only. */
  readonly unloaded: InOrder<Entry> = new InOrder()
  readonly resting: InOrder<Entry> = new InOrder()
  /** An export() may wait for them. */
  readonly unanswered: InOrder<Entry> = new InOrder()
  /** In any state. */
  readonly #inMemory = new InOrder<Entry>()
  #nextPlace = 0
  #heldBytes = 0
  #rows = 0

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
    return this.#rows
  }

  has(entry: Entry): boolean {
    return this.#entries.has(entry)
  }

  add(entry: Entry): void {
    this.#rows += entry.rows
    this.#heldBytes += entry.heldBytes
    this.#append(entry)
    entry.onChange = this.#arrange
  }

  /** False if it was not there any more. */
  remove(entry: Entry): boolean {
    if (!this.#entries.delete(entry)) return false
    this.#rows -= entry.rows
    this.#heldBytes -= entry.heldBytes
    entry.onChange = undefined
    this.#arrange(entry)
    return true
  }

  moveToEnd(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    this.#arrange(entry) // out of its old place
    this.#append(entry)
  }

  /** Updates the count of bytes after the entry's batch was compressed, loaded or freed. */
  recount(entry: Entry): void {
    if (!this.has(entry)) return
    const heldBytes = entry.batch?.heldBytes ?? 0
    const change = heldBytes - entry.heldBytes
    this.#heldBytes += change
    entry.heldBytes = heldBytes
    this.#arrange(entry)
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
      : (oldest(this.#inMemory) ?? newest)
  }

  /** The next entry that must leave the disk so that `newest` has room there. */
  victimOnDisk(newest: Entry): Entry {
    return this.#whenFull === 'drop_newest'
      ? newest
      : (oldest(this.#entries, ({ stored }) => stored !== undefined) ?? newest)
  }

  #append(entry: Entry): void {
    entry.place = this.#nextPlace++
    this.#entries.add(entry)
    this.#arrange(entry)
  }

  /** To be called when its state has changed, or whether it is in memory, or whether it is answered. */
  readonly #arrange = (entry: Entry): void => {
    const { state, batch, heldBytes } = entry
    const isHere = this.has(entry)
    const isReady = isHere && state === 'ready'
    this.ready.keep(entry, isReady && batch !== undefined)
    this.unloaded.keep(entry, isReady && batch === undefined)
    this.resting.keep(entry, isHere && state === 'resting')
    this.unanswered.keep(entry, isHere && !entry.isAnswered)
    this.#inMemory.keep(entry, isHere && heldBytes > 0)
  }
}

/** A batch that may have been written is no victim: its rows would count as dropped although the table may have them. */
function oldest(
  entries: Iterable<Entry>,
  suits: (entry: Entry) => boolean = () => true,
): Entry | undefined {
  for (const entry of entries)
    if (!isBusy(entry) && !entry.history.ambiguous && suits(entry)) return entry
  return undefined
}

/** Its rows are being sent, or made into other batches. */
function isBusy({ state }: Entry): boolean {
  return state === 'in_flight' || state === 'splitting'
}

function canBeUnloaded({ state }: Entry): boolean {
  return state === 'ready' || state === 'resting'
}
