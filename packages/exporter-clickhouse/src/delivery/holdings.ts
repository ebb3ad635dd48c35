import { Account } from '../accounting/account.js'
import type { DropReason } from '../accounting/drop-reason.js'
import type { Occasion } from '../common/occasion.js'
import type { DestinationConfig } from '../config/config.js'
import type { Spool } from '../spool/spool.js'
import type { DestinationLog } from '../telemetry/log.js'
import { Cohorts } from './cohorts.js'
import { Departures } from './departures.js'
import type { Entry } from './entry.js'
import { Queue } from './queue.js'
import { countDelivered, type WholeRecord } from './whole-record.js'

interface Surroundings {
  readonly spool: Spool | undefined
  readonly log: DestinationLog
  readonly onDrop: (rows: number, reason: DropReason) => void
  /** The entry is no longer in the queue; its rows go on in `heirs`, if there are any. */
  readonly onGone: (entry: Entry, heirs: readonly Entry[]) => void
}

/** The batches of one destination, and the account of their rows. Batches enter and leave the queue only through this class. */
export class Holdings implements Iterable<Entry> {
  readonly account: Account = new Account()
  readonly queue: Queue
  readonly #cohorts = new Cohorts()
  readonly #departures = new Departures<Entry>()
  readonly #with: Surroundings

  constructor(bounds: DestinationConfig['queue'], surroundings: Surroundings) {
    this.queue = new Queue(bounds)
    this.#with = surroundings
  }

  /** There may be more room than before, in memory or on disk; or the destination has fallen behind, so that the room of others counts. */
  get room(): Occasion {
    return this.queue.room
  }

  [Symbol.iterator](): IterableIterator<Entry> {
    return this.queue[Symbol.iterator]()
  }

  has(entry: Entry): boolean {
    return this.queue.has(entry)
  }

  /** Takes in a batch whose rows are not counted yet. */
  accept(entry: Entry): void {
    this.account.accepted += entry.rows
    this.queue.add(entry)
    this.awaited(entry)
  }

  /** Makes room for the batch that was just accepted. */
  makeRoomFor(newest: Entry): void {
    for (;;) {
      const victim = this.queue.victimFor(newest)
      if (!victim) return
      if (victim.stored && victim !== newest) this.queue.letGo(victim)
      else this.drop(victim, 'queue_full')
    }
  }

  /** Counts rows that never became part of a batch, or whose batch is lost. */
  refuse(rows: number, reason: DropReason, error?: Error): void {
    this.account.accepted += rows
    this.#countDrop(rows, reason, error)
  }

  /** Counts a row that the configuration leaves out. That is no loss, so nobody is told. */
  leaveOut(): void {
    this.account.accepted++
    this.account.drop(1, 'filtered')
  }

  deliver(entry: Entry): void {
    if (!this.#remove(entry)) return
    this.account.deliver(entry.rows)
    countDelivered(entry.whole, entry.rows)
    this.#with.log.delivered()
    this.#forgetOnDisk(entry)
    entry.course?.deliver(entry.rows, entry.isSafe)
    entry.acknowledge('delivered')
    entry.tell(true)
  }

  drop(entry: Entry, reason: DropReason, error?: Error): void {
    if (!this.#remove(entry)) return
    this.#forgetOnDisk(entry)
    entry.acknowledge('dropped')
    this.#countDrop(entry.rows, reason, error)
    entry.course?.drop(entry.rows, reason, entry.isSafe)
    entry.tell(false)
  }

  /** Another process took the batch over while this one was stopped, or a newer version wrote it: its rows are not counted here. */
  handOver(entry: Entry): void {
    if (!this.#remove(entry)) return // it was corrupt, and is already counted
    this.account.accepted -= entry.rows
    entry.course?.leave(entry.rows, entry.isSafe)
    entry.acknowledge('waiting')
    entry.tell(false)
  }

  /** Replaces `entries` by `heirs`, which have the same rows. Does nothing and returns false if one of `entries` has left the queue. */
  replace(entries: readonly Entry[], heirs: readonly Entry[]): boolean {
    if (!entries.every((entry) => this.queue.has(entry))) return false
    for (const heir of heirs) this.queue.add(heir)
    for (const entry of entries) this.#remove(entry, heirs)
    return true
  }

  /**
   * Resolves when all of these and their heirs have left the queue or are put aside, or when the signal aborts because nobody waits any
   * more.
   */
  whenGone(entries: Iterable<Entry>, signal: AbortSignal): Promise<void> {
    return this.#departures.whenGone(entries, signal)
  }

  /** As `whenGone()`, for all that are there now. Costs the same however many they are: an application may flush in every request. */
  whenAllGone(signal: AbortSignal): Promise<void> {
    return this.#cohorts.whenGone(signal)
  }

  /** From now on `whenAllGone()` waits for this entry. */
  awaited(entry: Entry): void {
    this.#cohorts.joins(entry)
  }

  /** Nobody waits for this entry: it is put aside on disk. */
  noLongerAwaited(entry: Entry): void {
    this.#cohorts.leaves(entry)
    this.#departures.gone(entry)
  }

  /** Whether a part of a divided batch has no other record on disk than that of the whole batch. */
  needs(whole: WholeRecord): boolean {
    for (const entry of this.queue) if (entry.whole === whole && !entry.stored) return true
    return false
  }

  /** Removes the record of a whole batch, unless the destination was closed and leaves it to the next process. */
  removeWhole(whole: WholeRecord): void {
    if (!whole.stored || this.needs(whole)) return
    this.#with.spool?.remove(whole.stored)
    whole.stored = undefined
    this.room.happened()
  }

  #remove(entry: Entry, heirs: readonly Entry[] = []): boolean {
    if (!this.queue.remove(entry)) return false
    entry.to('gone')
    entry.batch?.unwant()
    this.#with.onGone(entry, heirs)
    this.#cohorts.leaves(entry, heirs)
    this.#departures.gone(entry, heirs)
    this.room.happened()
    return true
  }

  #forgetOnDisk({ stored }: Entry): void {
    if (stored) this.#with.spool?.remove(stored)
  }

  #countDrop(rows: number, reason: DropReason, error?: Error): void {
    this.account.drop(rows, reason)
    this.#with.log.dropped(rows, reason, error)
    this.#with.onDrop(rows, reason)
  }
}
