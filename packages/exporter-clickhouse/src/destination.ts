import { wholeRow } from '@spanhouse/transform/internal'
import { Account } from './account.js'
import { backoffMs } from './backoff.js'
import { type Batch, isPressed, type PressedBatch } from './batch.js'
import { clock } from './clock.js'
import type { DestinationConfig } from './config.js'
import type { DeadLetters } from './dead-letters.js'
import { startDeadline } from './deadline.js'
import { deduplicationOf } from './deduplication.js'
import { Departures } from './departures.js'
import { type Part, partsOf, unitedOf, wholeOf } from './division.js'
import { type Entry, heirOf, mayBeOnDisk, newEntry } from './entry.js'
import { ClickHouseError } from './errors.js'
import {
  type Insert,
  insertOf,
  isForConfiguredTable,
  kindOf,
  SETTINGS,
  TOKEN,
  targetOf,
} from './insert.js'
import type { DestinationLog } from './log.js'
import type { DropReason, Outcome, Rejection, Retry } from './outcome.js'
import { Pace } from './pace.js'
import { Queue } from './queue.js'
import { RefusedKinds } from './refused-kinds.js'
import { columnsOf, differences, jsonColumns } from './schema.js'
import { MAX_CONCURRENCY, type Sender } from './sender.js'
import { smallOnes } from './small-batches.js'
import type { Spool, Stored } from './spool.js'
import type { DestinationStats } from './stats.js'

/** What a destination works with; all of it its own, but for the spool's directory. */
export interface Equipment {
  readonly sender: Sender
  readonly log: DestinationLog
  readonly spool: Spool | undefined
  readonly deadLetters: DeadLetters | undefined
  readonly acknowledge: 'delivered' | 'accepted'
  readonly onDrop: (rows: number, reason: DropReason) => void
  readonly onAttempt: (rows: number, seconds: number, outcome: Outcome) => void
}

// Over a slow link a large batch would never get through in time: its deadline doubles after a timeout, at most this often.
const MAX_DEADLINE_DOUBLINGS = 2
// After this many consecutive refusals of one batch alone, the next refusal divides it. Not sooner: an earlier attempt may have
// stored the batch, and the server cannot deduplicate its parts against it.
const MAX_LONELY_REFUSALS = 5
// A batch that twice in a row exceeded what one query may use will exceed it again.
const REFUSALS_OF_SIZE = 2
// Below this size a query's memory is mostly buffers, so smaller batches would not need less.
const SMALLEST_HALVED_BYTES = 256 * 1024
const MAX_REST_MS = 30_000
const ATTEMPTS_IN_A_ROW = 3
// A server that has not answered for so long is behind: a BatchSpanProcessor that waited for its whole
// deadline would overflow meanwhile, and the healthy destinations would lack those spans.
const PATIENCE_MS = 1000

const FELL_SHORT =
  'A proxy or the profile of the user seems to add a setting, such as `limit` or `timeout_overflow_mode`: check both.'

/** One server: a bounded queue of batches, the requests that empty it, and an account of every row. */
export class Destination {
  readonly config: DestinationConfig
  readonly #with: Equipment
  readonly #queue: Queue
  readonly #pace: Pace
  readonly #departures = new Departures<Entry>()
  readonly #refusedKinds = new RefusedKinds((entry) => {
    if (entry.state === 'aside') entry.state = 'ready'
    this.#pump()
  })
  #inFlight = 0
  /** Attempts begun before the server last began to fail are past counting: the probe does not wait for them. */
  #generation = 0
  #inFlightNow = 0
  #isBehind = false
  /** Undefined before the first attempt has ended. */
  #refusedEverything: boolean | undefined
  #asksAboutTable = true
  #hasExplainedColumns = false
  /** JSON columns that would store our maps as something else: no more rows are sent until the table is changed. */
  #jsonColumns: readonly string[] = []
  /** Length of the longest statement of compact rows that the server has taken; 0 before the first. */
  #longestTaken = 0
  #refusesCompactRows = false
  /** Room on disk that is promised to batches being written. */
  #onTheWayToDisk = 0
  readonly #closing = new AbortController()

  readonly #account = new Account()
  #lastError: Error | undefined

  constructor(config: DestinationConfig, equipment: Equipment) {
    this.config = config
    this.#with = equipment
    this.#queue = new Queue(config.queue)
    this.#pace = new Pace(config.retry, MAX_CONCURRENCY, () => this.#pump())
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  /** Whether batches may leave out what their rows have in common. An asynchronous insert takes plain ones only. */
  get takesCompactRows(): boolean {
    return !this.#refusesCompactRows && !this.config.asyncInsert
  }

  get spool(): Spool | undefined {
    return this.#with.spool
  }

  /** Takes a sealed batch in; it has its place in the queue now and is sent after `ready()`. */
  offer(batch: Batch): Entry {
    const entry = newEntry({ batch })
    batch.want()
    this.#account.accepted += entry.rows
    this.#queue.add(entry)
    if (this.#closed) this.#drop(entry, 'shutdown')
    this.#makeRoomFor(entry)
    return entry
  }

  /** The INSERT that a pressed batch is for this destination. */
  insertOf(batch: PressedBatch): Insert {
    return insertOf(this.config, batch)
  }

  /** Drops what must go so that `bytes` more fit on disk; false if the batch itself is what must go. */
  makeRoomOnDisk(entry: Entry, bytes: number): boolean {
    const { spool } = this.#with
    const maxBytes = this.config.spool?.maxBytes ?? 0
    if (spool && bytes > maxBytes) this.#drop(entry, 'spool_full') // nothing that went would make room for it
    const used = () => (spool?.bytesOf(this.config.name) ?? 0) + this.#onTheWayToDisk
    while (spool && used() + bytes > maxBytes && this.#queue.has(entry))
      this.#drop(this.#queue.victimOnDisk(entry), 'spool_full')
    if (!this.#queue.has(entry)) return false
    entry.reservedBytes = bytes
    this.#onTheWayToDisk += bytes
    return true
  }

  /** The batch is pressed and, with a spool, on disk if the disk took it. `late`: a disk that hung may still take it. */
  ready(
    entry: Entry,
    insert: Insert,
    stored: Stored | undefined,
    late?: Promise<Stored | undefined>,
  ): void {
    if (late) this.#awaitOnDisk(entry, late)
    else this.#releaseRoomOnDisk(entry)
    if (!this.#queue.has(entry)) {
      if (stored) this.#with.spool?.remove(stored)
      return
    }
    entry.insert = insert
    entry.stored = stored
    entry.state = 'ready'
    this.#queue.recount(entry)
    this.#queue.unload(entry)
    if (this.#isBehind || this.#with.acknowledge === 'accepted') entry.acknowledge('waiting')
    else this.#acknowledgeInTime(entry)
    this.#pump()
  }

  /** A batch that reaches the disk late stays there until its last row is delivered or dropped: `export()` has acknowledged it. */
  #awaitOnDisk(entry: Entry, late: Promise<Stored | undefined>): void {
    const waiting = [entry].filter((one) => this.#queue.has(one))
    const gone = this.#departures.whenGone(waiting, this.#closing.signal)
    void late.then(async (stored) => {
      this.#releaseRoomOnDisk(entry)
      if (!stored) return
      if (this.#queue.has(entry)) {
        entry.stored = stored
        this.#queue.unload(entry)
      } else {
        await gone // it was divided, perhaps, and its parts are nowhere else
        this.#with.spool?.remove(stored)
      }
    })
  }

  #releaseRoomOnDisk(entry: Entry): void {
    this.#onTheWayToDisk -= entry.reservedBytes
    entry.reservedBytes = 0
  }

  /** No export() waits longer than this, not even behind a long backlog. */
  #acknowledgeInTime(entry: Entry): void {
    const cancel = startDeadline(PATIENCE_MS, () => entry.acknowledge('waiting'), { ref: false })
    void entry.receipt.then(cancel)
  }

  /** Takes in a batch that an earlier process left on disk. */
  recover(stored: Stored): void {
    if (this.#closed) return
    this.#account.accepted += stored.rows
    this.#queue.add(newEntry({ stored }))
    this.#pump()
  }

  /** A batch on disk turned out to be damaged; the spool has moved it aside. */
  corrupted(stored: Stored): void {
    const where = this.config.spool?.directory
    const error = new Error(
      `records in ${where} are damaged (and kept in corrupt/) or were deleted`,
    )
    for (const entry of this.#queue)
      if (entry.stored === stored) this.#drop(entry, 'spool_corrupt', error)
  }

  /** Leaves batches on disk to the newer version that wrote them. */
  leave(stored: readonly Stored[]): void {
    const left = new Set(stored)
    for (const entry of this.#queue)
      if (entry.stored && left.has(entry.stored)) this.#handOver(entry)
  }

  /** Counts rows that never became part of a batch, or whose batch is lost. */
  refuse(rows: number, reason: DropReason, error?: Error): void {
    this.#account.accepted += rows
    this.#countDrop(rows, reason, error)
  }

  /** Gives up a batch that cannot be sent because of a bug in this package. */
  abandon(entry: Entry, error: Error): void {
    this.#drop(entry, 'internal_error', error)
  }

  /** Resolves when every row accepted so far is delivered or dropped, except rows of an earlier process that the server refuses. */
  settled(signal: AbortSignal): Promise<void> {
    const awaited = [...this.#queue].filter((entry) => !isAside(entry))
    return this.#departures.whenGone(awaited, signal)
  }

  /** Resolves when every row taken in so far is delivered, dropped, or on disk behind a failing server. */
  async safe(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#queue].map((entry) => entry.receipt))
    const unsafe = [...this.#queue].filter((entry) => !entry.stored)
    await this.#departures.whenGone(unsafe, signal)
  }

  /** Every attempt so far was refused: another one helps only if somebody repairs something. */
  get refusedEverything(): boolean {
    return this.#refusedEverything === true
  }

  /** Rows that are lost if the process ends now. */
  get unsafeRows(): number {
    let rows = 0
    for (const entry of this.#queue) if (!entry.stored) rows += entry.rows
    return rows
  }

  get log(): DestinationLog {
    return this.#with.log
  }

  /** Somebody waits for these rows: the next attempt is due now. */
  hurry(): void {
    for (const entry of this.#queue) if (entry.state === 'resting') entry.state = 'ready'
    this.#pace.hurry()
    this.#pump()
  }

  /** Aborts what is in flight and drops what waits, but for what is on disk. Returns how many rows were dropped. */
  close(): number {
    this.#closing.abort()
    this.#pace.stop()
    this.#refusedKinds.close()
    let lost = 0
    for (const entry of this.#queue) {
      if (entry.stored) continue
      lost += entry.rows
      this.#drop(entry, 'shutdown')
    }
    this.#with.sender.close()
    return lost
  }

  stats(): DestinationStats {
    const { accepted, delivered, dropped, errors, retries } = this.#account
    const { deduplication, possibleDuplicates } = this.#account
    return {
      accepted,
      delivered,
      dropped: { ...dropped },
      waiting: this.#queue.rows,
      waitingBytes: this.#queue.heldBytes,
      spooledBytes: this.#with.spool?.bytesOf(this.config.name) ?? 0,
      unspooled: this.#unspooledRows(),
      inFlight: this.#inFlight,
      requests: this.#with.sender.requests,
      errors,
      retries,
      deduplication,
      possibleDuplicates,
      failing: this.#pace.failing,
      lastError: this.#lastError?.message ?? null,
    }
  }

  #unspooledRows(): number {
    let rows = 0
    if (this.#with.spool)
      for (const entry of this.#queue)
        if (!entry.stored && entry.state !== 'sealed') rows += entry.rows
    return rows
  }

  #makeRoomFor(newest: Entry): void {
    for (;;) {
      const victim = this.#queue.victimFor(newest)
      if (!victim) return
      if (victim.stored && victim !== newest) this.#queue.letGo(victim)
      else this.#drop(victim, 'queue_full')
    }
  }

  /** Starts what may be started: several requests on a healthy server, one at a time on a failing one. */
  #pump(): void {
    if (this.#closed) return
    for (const entry of this.#queue) {
      if (this.#inFlightNow >= this.#pace.concurrency) return
      if (entry.state === 'ready') this.#start(entry)
    }
  }

  #start(first: Entry): void {
    let entries = smallOnes(first, this.#queue, this.config.batch)
    for (const entry of entries) entry.state = 'in_flight'
    this.#inFlight++
    this.#inFlightNow++
    const generation = this.#generation
    const work = async () => {
      const entry = entries.length > 1 ? await this.#unite(entries) : first
      if (!entry) return
      entries = [entry]
      const outcome = await this.#attempt(entry)
      if (outcome) await this.#conclude(entry, outcome)
    }
    work()
      // A bug in this package costs these rows, and the queue goes on.
      .catch((error) => {
        for (const entry of entries) this.#drop(entry, 'internal_error', error)
      })
      .then(() => {
        this.#inFlight--
        if (generation === this.#generation) this.#inFlightNow--
        this.#pump()
      })
  }

  /** Makes one batch of several that were never attempted. Undefined if close() has settled them meanwhile. */
  async #unite(entries: readonly Entry[]): Promise<Entry | undefined> {
    const batch = await unitedOf(
      entries.map(({ batch, insert }) => ({ batch, insert }) as Part),
      this.config.compression,
    )
    if (this.#closed) return undefined
    const united = newEntry({ batch })
    united.insert = this.insertOf(batch)
    united.state = 'in_flight'
    this.#queue.add(united)
    for (const entry of entries) {
      this.#queue.remove(entry)
      entry.batch?.unwant()
      this.#departures.gone(entry, [united])
      void united.receipt.then(entry.acknowledge)
    }
    return united
  }

  async #attempt(entry: Entry): Promise<Outcome | undefined> {
    if (this.#waitsAside(entry, entry.kind)) return undefined
    const loaded = await this.#load(entry)
    if (!loaded || this.#waitsAside(entry, this.#kindOf(entry, loaded.insert))) return undefined
    entry.attempted = true
    const { sender, onAttempt } = this.#with
    const startedAt = clock.now()
    const endPatience = startDeadline(PATIENCE_MS, () => this.#fallBehind(), { ref: false })
    const unfit = this.#jsonColumns.length > 0 ? await this.#askAgainForJsonColumns() : undefined
    const outcome =
      unfit ??
      (await sender.attempt(loaded.batch, loaded.insert, {
        deadlineMs: this.config.timeoutMs * 2 ** Math.min(entry.timeouts, MAX_DEADLINE_DOUBLINGS),
        pingFirst: this.#pace.timedOut,
        repeatable: this.#account.deduplication !== 'ineffective',
      }))
    endPatience()
    if (outcome.status !== 'delivered') this.#account.errors++
    this.#refusedEverything = isRefusal(outcome) && this.#refusedEverything !== false
    onAttempt(entry.rows, (clock.now() - startedAt) / 1000, outcome)
    return outcome
  }

  /** What is to be sent; from disk if it is only there. Undefined if it is not there any more: the entry has left. */
  async #load(entry: Entry): Promise<Part | undefined> {
    if (entry.batch && entry.stored && !(await this.#isOurs(entry, entry.stored))) return undefined
    if (!entry.batch && entry.stored) {
      const loaded = await this.#with.spool?.load(entry.stored)
      if (!loaded) {
        if (!this.#closed) this.#handOver(entry)
        return undefined
      }
      entry.batch = loaded.batch
      entry.insert = loaded.insert
      this.#queue.recount(entry)
    }
    const { batch, insert } = entry
    return batch && insert && isPressed(batch) ? { batch, insert } : undefined
  }

  /** Checked before a batch is sent from memory: if another process has taken it over, that process sends it. */
  async #isOurs(entry: Entry, stored: Stored): Promise<boolean> {
    const whereabouts = await this.#with.spool?.check(stored)
    if (whereabouts === 'gone') entry.stored = undefined // it is in memory only from now on
    if (whereabouts !== 'adopted') return true
    this.#handOver(entry)
    return false
  }

  #conclude(entry: Entry, outcome: Outcome): void | Promise<void> {
    if (!this.#queue.has(entry) || this.#closed) return // settled meanwhile, by close()
    switch (outcome.status) {
      case 'delivered':
        if (this.#fallsShort(entry, outcome.writtenRows)) return
        this.#answered()
        if (entry.insert?.whole)
          this.#longestTaken = Math.max(this.#longestTaken, entry.insert.statement.length)
        else if (entry.wasCompact && this.#longestTaken === 0) this.#refusesCompactRows = true
        if (outcome.replayed) entry.ambiguous = true
        if (this.#refusedKinds.size > 0 && entry.insert)
          this.#refusedKinds.taken(entry, kindOf(entry.insert))
        this.#deliver(entry)
        if (this.#asksAboutTable) void this.#askAboutTable()
        return
      case 'rejected':
      case 'too_large':
        this.#answered()
        return this.#mayBeForm(entry, outcome)
          ? this.#makeWhole(entry)
          : this.#divide(entry, outcome)
      case 'retry':
        return this.#mayBeForm(entry, outcome)
          ? this.#makeWhole(entry)
          : this.#retryLater(entry, outcome)
      case 'missing_table':
      case 'unknown_setting':
      case 'forbidden_setting':
        return this.#retryLater(entry, { ...outcome, status: 'retry', why: 'misconfigured' })
      default:
        outcome satisfies never
    }
  }

  // After the first success, never before: nothing is asked of a server at start. After the next one again, until it answers.
  async #askAboutTable(): Promise<void> {
    const { sender, log } = this.#with
    this.#asksAboutTable = false
    try {
      const found = await deduplicationOf(this.config, sender)
      const columns = found && (await columnsOf(this.config, sender.run))
      this.#asksAboutTable = columns === undefined
      if (found === undefined || columns === undefined) return
      this.#account.learn(found.deduplication)
      if (found.because !== undefined) log.noDeduplication(found.because)
      const forbidden = [...sender.forbiddenSettings].map(
        (name) => `\`${name}\` (${SETTINGS[name]?.without})`,
      )
      if (forbidden.length > 0) log.leftOut(forbidden)
      this.#jsonColumns = jsonColumns(this.config, columns)
      if (this.config.manageSchema !== 'validate') return
      const differing = differences(this.config, columns)
      if (differing.length > 0) log.differences(differing)
    } catch {
      // An answer we cannot read leaves it unknown.
    }
  }

  /** Says once how the table differs from the schema. If it refuses our columns, no success ever comes after which to compare them. */
  async #explainColumns(): Promise<void> {
    if (this.#hasExplainedColumns || this.config.manageSchema === 'off') return
    this.#hasExplainedColumns = true
    try {
      const columns = await columnsOf(this.config, this.#with.sender.run)
      const differing = columns ? differences(this.config, columns) : []
      if (differing.length > 0) this.#with.log.differences(differing)
    } catch {
      // An answer we cannot read explains nothing.
    }
  }

  /** Undefined once the table has no such columns any more. */
  async #askAgainForJsonColumns(): Promise<Retry | undefined> {
    // An answer that cannot be read is none.
    const columns = await columnsOf(this.config, this.#with.sender.run).catch(() => undefined)
    if (columns) this.#jsonColumns = jsonColumns(this.config, columns)
    if (this.#jsonColumns.length === 0) return undefined
    const { database, table } = this.config
    const names = this.#jsonColumns.join(', ')
    return {
      status: 'retry',
      why: 'misconfigured',
      error: new Error(`${names} of ${database}.${table} are of type JSON`),
      fix: "The server stores each value there as a text, which breaks queries over the Collector's rows: set `table` to another one, without JSON columns.",
    }
  }

  /** Nobody's export() waits for a server that is known to be behind. */
  #fallBehind(): void {
    this.#isBehind = true
    for (const entry of this.#queue) if (entry.state !== 'sealed') entry.acknowledge('waiting')
  }

  #answered(): void {
    this.#isBehind = false
    this.#pace.succeeded()
    this.#with.log.recovered()
  }

  // Tell the sibling last: that may start other batches, so the pause must have begun and this batch must be in its final state.
  #retryLater(entry: Entry, outcome: Retry): void | Promise<void> {
    const lonely =
      outcome.error instanceof ClickHouseError &&
      (outcome.why !== 'overloaded' || outcome.ofBatch === true) &&
      outcome.retryAfterMs === undefined && // a Retry-After is about the server, not about one batch
      entry.failures > 0 &&
      this.#account.deliveries > entry.deliveriesAtFailure
    if (!this.#pace.hurried) {
      entry.failures++
      entry.refusals = isDefinite(outcome) ? entry.refusals + 1 : 0
    }
    entry.deliveriesAtFailure = this.#account.deliveries
    if (outcome.timedOut && !outcome.unsent) entry.timeouts++
    if (outcome.why === 'ambiguous') entry.ambiguous = true
    this.#lastError = outcome.error
    const givesUp = entry.failures > this.config.retry.maxRetries
    if (!givesUp && outcome.ofBatch && canBeHalved(entry))
      return this.#divide(entry, { status: 'too_large', error: outcome.error })
    const isSuspect = entry.refusals > MAX_LONELY_REFUSALS && !isOfEarlierConfig(entry, outcome)
    if (!givesUp && lonely && isSuspect)
      return this.#divide(entry, { status: 'rejected', error: outcome.error })
    const goesAside = isLeftBehind(entry, outcome)
    const isAlone = lonely || goesAside
    // The server's pause must begin first: the steps below may start other batches.
    if (!isAlone) this.#pauseAfter(outcome)
    if (givesUp) {
      this.#drop(entry, 'retries_exhausted', outcome.error)
    } else {
      this.#account.retries++
      entry.state = 'ready'
      if (!goesAside) this.#queue.unload(entry)
      // The server answers and refuses this batch: perhaps it takes another. Do not try others at once: each batch
      // that may have been written is one more that must not be dropped to make room.
      const another = outcome.why === 'misconfigured' || entry.failures >= ATTEMPTS_IN_A_ROW
      if (outcome.error instanceof ClickHouseError && another) this.#queue.moveToEnd(entry)
      if (goesAside) this.#putAside(entry, outcome)
      else if (lonely) this.#rest(entry, outcome)
    }
    if (outcome.refusesColumns) void this.#explainColumns()
    if (!isAlone) {
      this.#with.log.failed(outcome.error, outcome.fix, this.#queue.rows)
      this.#fallBehind()
    }
    this.#tellSibling(entry, false)
  }

  #pauseAfter(outcome: Retry): void {
    if (!this.#pace.failing) {
      this.#generation++
      this.#inFlightNow = 0
    }
    this.#pace.failed(outcome)
  }

  /**
   * The server answers success but wrote fewer rows than were sent. Nobody can know which, and sending the same token again would
   * store no more. Later batches wait, except one at a time that finds out whether the cause is gone.
   */
  #fallsShort(entry: Entry, writtenRows = entry.rows): boolean {
    // The answer to an asynchronous insert cannot say how many rows were written.
    if (writtenRows >= entry.rows || this.config.asyncInsert) return false
    const error = new Error(
      `the server answered success but wrote ${writtenRows} of ${entry.rows} rows`,
    )
    this.#lastError = error
    this.#account.errors++
    this.#pauseAfter({ status: 'retry', why: 'misconfigured', error })
    this.#drop(entry, 'unconfirmed', error)
    this.#with.log.failed(error, FELL_SHORT, this.#queue.rows)
    this.#fallBehind()
    return true
  }

  /** Others were delivered since this batch last failed: the batch is at fault, not the server, and holds up no others. */
  #rest(entry: Entry, outcome: Retry): void {
    entry.state = 'resting'
    clock
      .setTimeout(
        () => {
          if (entry.state === 'resting') entry.state = 'ready'
          this.#pump()
        },
        this.#restMs(entry.failures, outcome),
      )
      .unref()
  }

  #restMs(failures: number, { why, retryAfterMs = 0 }: Retry): number {
    const { retry } = this.config
    const maxDelayMs = why === 'misconfigured' ? MAX_REST_MS : retry.maxDelayMs
    return Math.max(backoffMs(failures, { ...retry, maxDelayMs }), retryAfterMs)
  }

  /** A refusal of what an earlier process left says nothing about the server, so the batch waits aside and holds up no others. */
  #putAside(entry: Entry, outcome: Retry): void {
    const { insert } = entry
    if (!insert || !this.#queue.has(entry)) return
    entry.kind = kindOf(insert)
    entry.state = 'aside'
    this.#queue.letGo(entry)
    if (entry.stored) this.#departures.gone(entry)
    const delayMs = (refusals: number) => this.#restMs(refusals, outcome)
    if (!this.#refusedKinds.refused(entry, entry.kind, delayMs)) return
    const target = targetOf(insert)
    const fix = isForConfiguredTable(insert, this.config)
      ? (outcome.fix ?? '')
      : `This destination is now configured for another table, and creates only that one: create ${target} (ddl({ database, table }) has the statements), with the columns and rights that these rows need.`
    this.#with.log.spool(
      `the server refuses rows that an earlier process left in the spool in ${this.config.spool?.directory}, for ${target}: ${outcome.error.message}. ${fix} They stay there and are tried again every ${MAX_REST_MS / 1000} s; new rows do not wait for them.`,
    )
  }

  #waitsAside(entry: Entry, kind: string | undefined): boolean {
    if (!kind || !this.#refusedKinds.joins(entry, kind)) return false
    entry.kind = kind
    entry.state = 'aside'
    this.#queue.letGo(entry)
    if (entry.stored) this.#departures.gone(entry)
    return true
  }

  #kindOf({ recovered }: Entry, insert: Insert): string | undefined {
    return recovered && this.#refusedKinds.size > 0 ? kindOf(insert) : undefined
  }

  /** A statement as long as one that was taken is not what is refused. */
  #mayBeForm({ insert }: Entry, { refusesForm }: { refusesForm?: boolean }): boolean {
    const isCompact = insert?.whole !== undefined
    return refusesForm === true && isCompact && insert.statement.length > this.#longestTaken
  }

  /** Tries the same rows in the form that every server takes. Nothing of the batch was written. */
  async #makeWhole(entry: Entry): Promise<void> {
    const from = await this.#load(entry)
    const whole = from && (await wholeOf(from, this.config.compression))
    if (!whole || !(await this.#replace(entry, [whole], { isRewrite: true }))) return
    this.#pump()
  }

  /** Halves the batch until the refused row, or a size that the server takes, is found. Nothing of the batch was written. */
  async #divide(entry: Entry, { status, error, row }: Rejection): Promise<void> {
    this.#lastError = error
    const from = await this.#load(entry)
    if (!from) return
    if (from.batch.rows === 1) return this.#giveUp(entry, status, error)
    // The server's "at row N" is used as a hint once; afterwards halving bounds the number of requests. Never for a batch that is, or may come, on disk:
    // a process that takes it over while this one stands still may divide it too, and must get the same parts.
    const hint = entry.divided || mayBeOnDisk(entry) ? undefined : row
    const parts = await partsOf(from, hint, this.config.compression)
    const children = await this.#replace(entry, parts)
    if (!children) return
    const [first, second] = children
    // First of all: telling the sibling may start what is ready.
    if (status === 'rejected' && first && second) this.#holdBack(second, first, error)
    this.#tellSibling(entry, false)
  }

  /**
   * Replaces a batch by parts. They are sent once the batch cannot come back from disk: otherwise it might be divided in
   * another way, and its rows be inserted under other tokens. Undefined if it was settled meanwhile, or is left to
   * the next process as it is.
   */
  async #replace(
    entry: Entry,
    parts: readonly Part[],
    { isRewrite = false } = {},
  ): Promise<Entry[] | undefined> {
    const { spool } = this.#with
    const children = await Promise.all(
      parts.map(async (part) => heirOf(entry, part, await this.#putOnDisk(part, entry.stored))),
    )
    if (this.#closed || !this.#queue.remove(entry)) {
      for (const child of children) if (child.stored) spool?.remove(child.stored)
      return undefined
    }
    for (const child of children) this.#queue.add(child)
    this.#refusedKinds.left(entry, children)
    this.#departures.gone(entry, children)
    entry.acknowledge('waiting')
    const [first] = children
    if (isRewrite && first) {
      first.wasCompact = true
      first.onVerdict = entry.onVerdict // a sibling waits for what becomes of the rows, in whatever form
      entry.onVerdict = undefined
    }
    if (entry.stored && children.every((child) => child.stored)) await spool?.replaced(entry.stored)
    else this.#forgetWhole(entry, children)
    for (const child of children) child.state = 'ready'
    return children
  }

  async #putOnDisk({ batch, insert }: Part, of: Stored | undefined): Promise<Stored | undefined> {
    if (!of) return undefined
    const { name } = this.config
    return (await this.#with.spool?.put(batch, new Map([[name, insert]]), { of }))?.get(name)
  }

  /** The whole batch stays on disk for as long as a part of it is nowhere but in memory. */
  #forgetWhole({ stored }: Entry, children: readonly Entry[]): void {
    if (!stored) return
    const inMemory = children.filter((child) => !child.stored)
    const { signal } = this.#closing
    void this.#departures.whenGone(inMemory, signal).then(() => {
      if (!signal.aborted) this.#with.spool?.remove(stored)
    })
  }

  /** If the first part is taken, the refused row is in the second, which then need not be tried: that saves half of the requests. */
  #holdBack(second: Entry, first: Entry, error: Error): void {
    second.state = 'held'
    first.onVerdict = (taken) => {
      if (second.state !== 'held' || !this.#queue.has(second)) return
      if (taken && second.rows > 1) {
        second.state = 'in_flight'
        this.#divide(second, { status: 'rejected', error })
          .catch((bug) => this.#drop(second, 'internal_error', bug))
          .then(() => this.#pump())
      } else {
        second.state = 'ready'
        this.#pump()
      }
    }
  }

  #tellSibling(entry: Entry, taken: boolean): void {
    const { onVerdict } = entry
    entry.onVerdict = undefined
    onVerdict?.(taken)
  }

  async #giveUp(entry: Entry, reason: 'rejected' | 'too_large', error: Error): Promise<void> {
    const { deadLetters } = this.#with
    const [line] = entry.batch && deadLetters ? await entry.batch.lines() : []
    const whole = entry.insert?.whole
    if (!deadLetters || line === undefined) {
      this.#drop(entry, reason, error)
      return
    }
    const problem = await deadLetters.keep({
      row: whole ? wholeRow(whole.shape, line) : line,
      error,
      attempts: entry.failures + 1,
      insert: entry.insert,
    })
    if (problem) this.#with.log.lostLetter(problem)
    this.#drop(entry, problem ? reason : 'dead_lettered', error)
  }

  #deliver(entry: Entry): void {
    this.#account.deliver(entry.rows, {
      ambiguous: entry.ambiguous || entry.recovered, // whether the earlier process sent it is not known
      hasToken: this.#hasToken(entry),
    })
    this.#with.log.delivered()
    this.#leave(entry)
    entry.acknowledge('delivered')
    this.#tellSibling(entry, true)
  }

  #hasToken({ insert }: Entry): boolean {
    return insert?.settings[TOKEN] !== undefined && !this.#with.sender.unknownSettings.has(TOKEN)
  }

  #drop(entry: Entry, reason: DropReason, error?: Error): void {
    if (!this.#leave(entry)) return
    entry.acknowledge('dropped')
    this.#countDrop(entry.rows, reason, error)
    this.#tellSibling(entry, false)
  }

  /** Another process has taken the batch over while this one stood still, or a newer version wrote it: its rows are not counted here. */
  #handOver(entry: Entry): void {
    if (!this.#queue.remove(entry)) return // corrupt, and counted
    this.#account.accepted -= entry.rows
    entry.batch?.unwant()
    this.#refusedKinds.left(entry)
    this.#departures.gone(entry)
    entry.acknowledge('waiting')
    this.#tellSibling(entry, false)
  }

  #leave(entry: Entry): boolean {
    if (!this.#queue.remove(entry)) return false
    entry.batch?.unwant()
    this.#refusedKinds.left(entry)
    this.#departures.gone(entry)
    if (entry.stored) this.#with.spool?.remove(entry.stored)
    return true
  }

  #countDrop(rows: number, reason: DropReason, error?: Error): void {
    this.#account.drop(rows, reason)
    this.#with.log.dropped(rows, reason, error)
    this.#with.onDrop(rows, reason)
  }
}

function isAside({ state, stored }: Entry): boolean {
  return state === 'aside' && stored !== undefined
}

/** Whether an earlier process left the batch and the server refuses it as it is: that says nothing about new rows. */
function isLeftBehind({ recovered }: Entry, outcome: Retry): boolean {
  const { error, retryAfterMs, ofBatch } = outcome
  // A named time is the server's, for all rows.
  const isOfRows = error instanceof ClickHouseError && retryAfterMs === undefined
  return recovered && isOfRows && isDefinite(outcome) && !ofBatch
}

/** The rows are not at fault, the earlier configuration is: dividing the batch would end with every row refused. */
function isOfEarlierConfig({ recovered }: Entry, { why }: Retry): boolean {
  return recovered && why === 'misconfigured'
}

/** As far as we can know, the server refuses these rows and sending them again will not help. */
function isDefinite({ why, unlisted = false, ofBatch = false }: Retry): boolean {
  return why === 'misconfigured' || unlisted || ofBatch
}

/** A batch that may have been stored stays whole, because halves have tokens of their own. */
function canBeHalved({ batch, rows, refusals, ambiguous }: Entry): boolean {
  const isLarge = rows > 1 && (batch?.rawBytes ?? 0) > SMALLEST_HALVED_BYTES
  return isLarge && refusals >= REFUSALS_OF_SIZE && !ambiguous
}

/** Nothing listens there, or somebody has to change something: certainly no row was written. */
function isRefusal(outcome: Outcome): boolean {
  if (outcome.status === 'missing_table' || outcome.status === 'unknown_setting') return true
  if (outcome.status !== 'retry' || outcome.timedOut) return false
  const isNotThere = outcome.why === 'transient' && !(outcome.error instanceof ClickHouseError)
  return outcome.why === 'misconfigured' || isNotThere
}
