import type { DropReason } from '../accounting/drop-reason.js'
import type { Course } from '../accounting/parcel.js'
import type { DestinationStats } from '../accounting/stats.js'
import type { Batch, CompressedBatch } from '../batching/batch.js'
import { type Insert, insertOf } from '../clickhouse/insert.js'
import type { Outcome } from '../clickhouse/outcome.js'
import type { Sender } from '../clickhouse/sender.js'
import { clock } from '../common/clock.js'
import { startDeadline } from '../common/deadline.js'
import type { Occasion } from '../common/occasion.js'
import type { DestinationConfig, Target } from '../config/config.js'
import { nameOnDisk } from '../config/name-on-disk.js'
import type { Spool } from '../spool/spool.js'
import type { Stored } from '../spool/stored.js'
import type { DestinationLog } from '../telemetry/log.js'
import { PATIENCE_MS } from './attempt.js'
import { Attempts } from './attempts.js'
import type { DeadLetters } from './dead-letters.js'
import { Entry } from './entry.js'
import { Holdings } from './holdings.js'
import { KnownTables } from './known-tables.js'
import { OnDisk } from './on-disk.js'
import type { SharedPace } from './shared-pace.js'
import { outermost, type WholeRecord } from './whole-record.js'

/** What a destination works with. Destinations of different servers share nothing except the directory of a spool. */
export interface Equipment {
  readonly sender: Sender
  /** Of the server, for all destinations that share it. */
  readonly pace: SharedPace
  readonly log: DestinationLog
  readonly spool: Spool | undefined
  readonly deadLetters: DeadLetters | undefined
  readonly acknowledge: 'delivered' | 'accepted'
  readonly onDrop: (rows: number, reason: DropReason) => void
  readonly onAttempt: (rows: number, seconds: number, outcome: Outcome) => void
  /** Ends the share in the server, and aborts the requests of this destination. */
  readonly leave: () => void
}

/** One signal at one server: a bounded queue of batches, the requests that empty it, and an account of every row. */
export class Destination {
  readonly config: DestinationConfig
  readonly #with: Equipment
  readonly #holdings: Holdings
  readonly #tables: KnownTables
  readonly #attempts: Attempts
  /** Its batches on disk. */
  readonly disk: OnDisk
  readonly #closing = new AbortController()

  constructor(config: DestinationConfig, equipment: Equipment) {
    const { spool } = equipment
    const closing = this.#closing.signal
    this.config = config
    this.#with = equipment
    this.#holdings = new Holdings(config.queue, {
      ...equipment,
      onGone: (entry, heirs) => this.#attempts.gone(entry, heirs),
    })
    this.#tables = new KnownTables({ config, ...equipment })
    const [holdings, tables] = [this.#holdings, this.#tables]
    this.#attempts = new Attempts({ ...equipment, config, holdings, tables, closing })
    this.disk = new OnDisk(config, holdings, spool, closing)
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  get log(): DestinationLog {
    return this.#with.log
  }

  get spool(): Spool | undefined {
    return this.#with.spool
  }

  /** Whether batches for a target may hold compact rows, which leave out the values that they have in common. `target`: its index. */
  takesCompactRows(target: number): boolean {
    return this.#tables.configured[target]?.takesCompactRows === true
  }

  /** The INSERT of a compressed batch at this destination. `target`: the index of a configured target, or one that `dispatch` has named. */
  insertOf(batch: CompressedBatch, target: number | Target): Insert {
    const { targets } = this.config
    const of = typeof target === 'number' ? (targets[target] ?? targets[0]) : target
    return insertOf(of, this.config, batch)
  }

  /** It failed when it was last tried, or is slow to answer. */
  get isBehind(): boolean {
    return this.#attempts.health.isBehind
  }

  /** `hasRoomFor()` or `isBehind` may say something else than before. */
  get room(): Occasion {
    return this.#holdings.room
  }

  /** The memory of its batches. */
  get heldBytes(): number {
    return this.#holdings.queue.heldBytes
  }

  /** Whether so many bytes of rows have room, in the queue and on disk, without a batch being dropped for them. Half of each is always enough. */
  hasRoomFor(bytes: number): boolean {
    const { queue, spool } = this.config
    if (spool && !this.disk.room.has(Math.min(bytes, spool.maxBytes / 2))) return false
    return this.#holdings.queue.heldBytes + Math.min(bytes, queue.maxBytes / 2) <= queue.maxBytes
  }

  /** Takes in a sealed batch for a target. It gets its place in the queue now, and is sent after `ready()`. */
  offer(batch: Batch, target: number | Target, course?: Course): Entry {
    const entry = Entry.of(batch, { foreign: typeof target !== 'number' })
    if (course) entry.follow(course)
    batch.want()
    this.#holdings.accept(entry)
    if (this.#closed) this.#holdings.drop(entry, 'shutdown')
    this.#holdings.makeRoomFor(entry)
    return entry
  }

  /** The batch is compressed and may be sent. `stored`: its copy on disk, if the disk took it. `late`: a disk that hung may still take it. */
  ready(
    entry: Entry,
    insert: Insert,
    stored: Stored | undefined,
    late?: Promise<Stored | undefined>,
  ): void {
    const { queue } = this.#holdings
    if (late) this.disk.awaitLate(entry, late)
    else this.disk.room.release(entry)
    if (!queue.has(entry)) {
      if (stored) this.spool?.remove(stored)
      this.room.happened()
      return
    }
    entry.insert = insert
    entry.store(stored)
    entry.to('ready')
    queue.recount(entry)
    queue.unload(entry)
    this.room.happened()
    if (this.#attempts.health.isBehind || this.#with.acknowledge === 'accepted')
      entry.acknowledge('waiting')
    else acknowledgeInTime(entry)
    this.#attempts.pump()
  }

  /** Takes in a batch that an earlier process left on disk. */
  recover(stored: Stored): void {
    if (this.#closed) return
    const agoMs = Math.max(clock.unixMs() - stored.stamp / 1000, 0)
    this.#holdings.accept(Entry.recovered(stored, this.#holdings.account.moment(agoMs)))
    this.#attempts.pump()
  }

  /** Counts rows that never became part of a batch, or whose batch is lost. */
  refuse(rows: number, reason: DropReason, error?: Error): void {
    this.#holdings.refuse(rows, reason, error)
  }

  /** Counts a row that an option of routing leaves out. */
  leaveOut(): void {
    this.#holdings.leaveOut()
  }

  /** Counts a hook of the application that threw. */
  hookFailed(): void {
    this.#holdings.account.hookErrors++
  }

  /** Counts a call of a hook that took long. */
  hookWasSlow(): void {
    this.#holdings.account.slowHooks++
  }

  /** Gives up a batch that cannot be sent because of a bug in this package. */
  abandon(entry: Entry, error: Error): void {
    this.#holdings.drop(entry, 'internal_error', error)
  }

  /** Resolves when every row accepted so far is delivered or dropped, except rows of an earlier process that the server refuses. */
  settled(signal: AbortSignal): Promise<void> {
    return this.#holdings.whenAllGone(signal)
  }

  /** Resolves when every row taken in so far is delivered, dropped, or on disk behind a failing server. */
  async safe(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#holdings].map((entry) => entry.receipt))
    // Parts of a batch whose record is kept are awaited too: those that are delivered by then would be sent again with the whole batch.
    const unsafe = [...this.#holdings].filter((entry) => !entry.stored)
    await this.#holdings.whenGone(unsafe, signal)
  }

  /** Every attempt so far was refused: another one helps only after somebody has repaired something. */
  get refusedEverything(): boolean {
    return this.#attempts.health.refusedEverything
  }

  /** Larger batches would be refused and divided, as far as is known. Bytes of rows before compression. */
  get maxBatchBytes(): number {
    return this.#attempts.size.maxBytes
  }

  /** Rows that are lost if the process ends now. */
  get unsafeRows(): number {
    return this.#rowsInMemoryOnly(() => true)
  }

  /** A flush waits for these rows: the next attempt is due now. `isLast`: what it leaves in memory is lost. */
  hurry(isLast: boolean): void {
    this.#attempts.hurry(isLast)
  }

  /** Aborts the requests in flight, and drops the batches that are not on disk. Returns how many rows were dropped. */
  close(): number {
    this.#closing.abort()
    this.#attempts.close()
    this.#countSentAgain()
    let lost = 0
    for (const entry of this.#holdings) {
      if (entry.record) continue
      lost += entry.rows
      this.#holdings.drop(entry, 'shutdown')
    }
    this.#with.leave()
    return lost
  }

  stats(): DestinationStats {
    const { account, queue } = this.#holdings
    const { accepted, delivered, dropped, errors, retries, hookErrors, slowHooks } = account
    const { inFlight, failing, lastError } = this.#attempts.health
    return {
      accepted,
      delivered,
      dropped: { ...dropped },
      waiting: queue.rows,
      waitingBytes: queue.heldBytes,
      spooledBytes: this.spool?.bytesOf(nameOnDisk(this.config)) ?? 0,
      unspooled: this.spool ? this.#rowsInMemoryOnly(({ state }) => state !== 'sealed') : 0,
      inFlight,
      requests: this.#with.sender.requests,
      errors,
      retries,
      deduplication: this.#tables.deduplication,
      possibleDuplicates: this.#tables.possibleDuplicates,
      altered: {}, // rows are encoded before they get here: the lane knows
      hookErrors,
      slowHooks,
      failing: failing || this.config.stopped !== undefined,
      lastError: lastError?.message ?? this.config.stopped ?? null,
    }
  }

  #rowsInMemoryOnly(counts: (entry: Entry) => boolean): number {
    let rows = 0
    for (const entry of this.#holdings) if (!entry.record && counts(entry)) rows += entry.rows
    return rows
  }

  /** The next process sends whole batches of which some parts are delivered already. */
  #countSentAgain(): void {
    const counted = new Set<WholeRecord>()
    for (const { stored, whole, insert } of this.#holdings) {
      if (stored || !whole?.stored || !insert) continue
      const left = outermost(whole)
      if (counted.has(left)) continue
      counted.add(left)
      this.#tables.of(insert).duplicates.sentAgain(left.delivered)
    }
  }
}

/** No export() waits longer than this, not even behind a long backlog. */
function acknowledgeInTime(entry: Entry): void {
  const cancel = startDeadline(PATIENCE_MS, () => entry.acknowledge('waiting'), { ref: false })
  void entry.receipt.then(cancel)
}
