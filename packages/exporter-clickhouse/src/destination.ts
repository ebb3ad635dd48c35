import { wholeRow } from '@spanhouse/transform'
import { Account } from './account.js'
import { backoffMs } from './backoff.js'
import { type Batch, isPressed, type PressedBatch } from './batch.js'
import { clock } from './clock.js'
import type { DestinationConfig } from './config.js'
import type { DeadLetters } from './dead-letters.js'
import { startDeadline } from './deadline.js'
import { deduplicationOf } from './deduplication.js'
import { Departures } from './departures.js'
import { type Part, partsOf, wholeOf } from './division.js'
import { type Entry, heirOf, newEntry } from './entry.js'
import { ClickHouseError } from './errors.js'
import { type Insert, insertOf, TOKEN } from './insert.js'
import type { DestinationLog } from './log.js'
import type { DropReason, Outcome, Rejection, Retry } from './outcome.js'
import { Pace } from './pace.js'
import { Queue } from './queue.js'
import { differences } from './schema.js'
import { MAX_CONCURRENCY, type Sender } from './sender.js'
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

// A link that is merely slow would never get a large batch through: its deadline doubles, so often.
const MAX_DEADLINE_DOUBLINGS = 2
// A batch that is refused alone is tried again so often before its rows are taken for the reason. Less would not do: an attempt
// before may have stored it, and what is divided is not known for the same rows.
const MAX_LONELY_REFUSALS = 5
const MAX_REST_MS = 30_000
const ATTEMPTS_IN_A_ROW = 3
// A server that has not answered for so long is behind: a BatchSpanProcessor that waited for its whole
// deadline would overflow meanwhile, and the healthy destinations would lack those spans.
const PATIENCE_MS = 1000

/** One server: a bounded queue of batches, the requests that empty it, and an account of every row. */
export class Destination {
  readonly config: DestinationConfig
  readonly #with: Equipment
  readonly #queue: Queue
  readonly #pace: Pace
  readonly #departures = new Departures<Entry>()
  #inFlight = 0
  /** Attempts begun before the server last began to fail are past counting: the probe does not wait for them. */
  #generation = 0
  #inFlightNow = 0
  #isBehind = false
  /** Undefined before the first attempt has ended. */
  #refusedEverything: boolean | undefined
  #asksAboutTable = true
  /** Compact rows were taken once: what is refused from then on is not their form. */
  /** How long a statement of compact rows the server has taken; 0 before the first. */
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

  /** The batch is pressed, and on disk where it could be put there. */
  ready(entry: Entry, insert: Insert, stored: Stored | undefined): void {
    this.#onTheWayToDisk -= entry.reservedBytes
    entry.reservedBytes = 0
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

  /** Nobody's export() waits for longer, also behind a long backlog. */
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
    for (const entry of this.#queue) if (entry.stored === stored) this.#drop(entry, 'spool_corrupt')
  }

  /** Counts rows that never became part of a batch, or whose batch is lost. */
  refuse(rows: number, reason: DropReason, error?: Error): void {
    this.#account.accepted += rows
    this.#countDrop(rows, reason, error)
  }

  /** Gives a batch up that could not be made. */
  abandon(entry: Entry, error: Error): void {
    this.#drop(entry, 'encode_error', error)
  }

  /** Resolves when every row taken in so far is delivered or dropped. */
  settled(signal: AbortSignal): Promise<void> {
    return this.#departures.whenGone(this.#queue, signal)
  }

  /** Resolves when every row taken in so far is delivered, dropped, or on disk behind a failing server. */
  async safe(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#queue].map((entry) => entry.receipt))
    const unsafe = [...this.#queue].filter((entry) => !entry.stored)
    await this.#departures.whenGone(unsafe, signal)
  }

  /** No attempt so far has come further than to a refusal: to wait for the next is to hope for a repair. */
  get refusedEverything(): boolean {
    return this.#refusedEverything === true
  }

  /** Rows that are gone when the process is. */
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

  #makeRoomFor(newest: Entry): void {
    for (;;) {
      const victim = this.#queue.victimFor(newest)
      if (!victim) return
      if (victim.stored && victim !== newest) {
        victim.batch = undefined
        this.#queue.recount(victim)
      } else {
        this.#drop(victim, 'queue_full')
      }
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

  #start(entry: Entry): void {
    entry.state = 'in_flight'
    this.#inFlight++
    this.#inFlightNow++
    const generation = this.#generation
    this.#attempt(entry)
      .then((outcome) => outcome && this.#conclude(entry, outcome))
      // A bug of ours: it costs this batch, and the queue goes on.
      .catch((error) => this.#drop(entry, 'rejected', error))
      .then(() => {
        this.#inFlight--
        if (generation === this.#generation) this.#inFlightNow--
        this.#pump()
      })
  }

  async #attempt(entry: Entry): Promise<Outcome | undefined> {
    const loaded = await this.#load(entry)
    if (!loaded) return undefined
    const { sender, onAttempt } = this.#with
    const startedAt = clock.now()
    const endPatience = startDeadline(PATIENCE_MS, () => this.#fallBehind(), { ref: false })
    const outcome = await sender.attempt(loaded.batch, loaded.insert, {
      deadlineMs: this.config.timeoutMs * 2 ** Math.min(entry.timeouts, MAX_DEADLINE_DOUBLINGS),
      pingFirst: this.#pace.timedOut,
      repeatable: this.#account.deduplication !== 'ineffective',
    })
    endPatience()
    if (outcome.status !== 'delivered') this.#account.errors++
    this.#refusedEverything = isRefusal(outcome) && this.#refusedEverything !== false
    onAttempt(entry.rows, (clock.now() - startedAt) / 1000, outcome)
    return outcome
  }

  /** What is to be sent; from disk if it is only there. Undefined if it is not there any more: the entry has left. */
  async #load(entry: Entry): Promise<Part | undefined> {
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

  #conclude(entry: Entry, outcome: Outcome): void | Promise<void> {
    if (!this.#queue.has(entry) || this.#closed) return // settled meanwhile, by close()
    switch (outcome.status) {
      case 'delivered':
        this.#answered()
        if (entry.insert?.whole)
          this.#longestTaken = Math.max(this.#longestTaken, entry.insert.statement.length)
        else if (entry.wasCompact && this.#longestTaken === 0) this.#refusesCompactRows = true
        if (outcome.replayed) entry.ambiguous = true
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
      this.#asksAboutTable = found === undefined
      if (found === undefined) return
      this.#account.learn(found)
      if (found === 'ineffective' && !this.config.asyncInsert) log.noDeduplication()
      if (this.config.manageSchema !== 'validate') return
      const missing = await differences(this.config, sender.run)
      if (missing.length > 0) log.differences(missing)
    } catch {
      // An answer we cannot read leaves it unknown.
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

  #retryLater(entry: Entry, outcome: Retry): void | Promise<void> {
    const lonely =
      outcome.error instanceof ClickHouseError &&
      outcome.why !== 'overloaded' &&
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
    if (entry.failures > this.config.retry.maxRetries) {
      this.#drop(entry, 'retries_exhausted', outcome.error)
    } else if (lonely && entry.refusals > MAX_LONELY_REFUSALS) {
      return this.#divide(entry, { status: 'rejected', error: outcome.error })
    } else {
      this.#account.retries++
      entry.state = 'ready'
      this.#queue.unload(entry)
      // The server is there and refuses this batch: perhaps it takes another. Not at once: each batch
      // that may have been written is one more that cannot make room.
      const another = outcome.why === 'misconfigured' || entry.failures >= ATTEMPTS_IN_A_ROW
      if (outcome.error instanceof ClickHouseError && another) this.#queue.moveToEnd(entry)
    }
    this.#tellSibling(entry, false)
    if (lonely) return this.#rest(entry, outcome)
    if (!this.#pace.failing) {
      this.#generation++
      this.#inFlightNow = 0
    }
    this.#pace.failed(outcome)
    this.#with.log.failed(outcome.error, outcome.fix, this.#queue.rows)
    this.#fallBehind()
  }

  /** Others were delivered since this batch last failed: it is the batch, not the server, and holds up nobody. */
  #rest(entry: Entry, { why, retryAfterMs = 0 }: Retry): void {
    if (!this.#queue.has(entry)) return
    entry.state = 'resting'
    const { retry } = this.config
    const maxDelayMs = why === 'misconfigured' ? MAX_REST_MS : retry.maxDelayMs
    const delay = Math.max(backoffMs(entry.failures, { ...retry, maxDelayMs }), retryAfterMs)
    clock
      .setTimeout(() => {
        if (entry.state === 'resting') entry.state = 'ready'
        this.#pump()
      }, delay)
      .unref()
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

  /** Finds the row that is refused, or a size that is taken, by halves. Nothing of the batch was written. */
  async #divide(entry: Entry, { status, error, row }: Rejection): Promise<void> {
    this.#lastError = error
    const from = await this.#load(entry)
    if (!from) return
    if (from.batch.rows === 1) return this.#giveUp(entry, status, error)
    // The server's "at row N" is a hint, taken once: afterwards halves bound the number of requests.
    const hint = entry.divided ? undefined : row
    const parts = await partsOf(from, hint, this.config.compression)
    const children = await this.#replace(entry, parts)
    if (!children) return
    const [first, second] = children
    // Before anybody is told anything: that starts what is ready.
    if (status === 'rejected' && first && second) this.#holdBack(second, first, error)
    this.#tellSibling(entry, false)
  }

  /**
   * Puts parts in the place of a batch. They are sent when the batch will not come back from disk any more: it would be
   * divided otherwise then, and its rows inserted under other tokens. Undefined if it was settled meanwhile, or is left to
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
    return (await this.#with.spool?.put(batch, new Map([[name, insert]]), of))?.get(name)
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

  /** If the first part is taken, what was refused is in the second: that need not be asked, and saves half of the requests. */
  #holdBack(second: Entry, first: Entry, error: Error): void {
    second.state = 'held'
    first.onVerdict = (taken) => {
      if (second.state !== 'held' || !this.#queue.has(second)) return
      if (taken && second.rows > 1) {
        second.state = 'in_flight'
        this.#divide(second, { status: 'rejected', error })
          .catch((bug) => this.#drop(second, 'rejected', bug))
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
      ambiguous: entry.ambiguous,
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
    this.#tellSibling(entry, false)
    this.#countDrop(entry.rows, reason, error)
  }

  /** Another process took the batch over while this one stood still: the rows are its to count. */
  #handOver(entry: Entry): void {
    if (!this.#queue.remove(entry)) return // corrupt, and counted
    this.#account.accepted -= entry.rows
    this.#departures.gone(entry)
    entry.acknowledge('waiting')
    this.#tellSibling(entry, false)
  }

  #leave(entry: Entry): boolean {
    if (!this.#queue.remove(entry)) return false
    entry.batch?.unwant()
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

/** The server has said no to these rows, so far as we can know: it will not help to send them again. */
function isDefinite({ why, unlisted = false }: Retry): boolean {
  return why === 'misconfigured' || unlisted
}

/** The server is not there, or says that somebody has to change something: no row was near a table. */
function isRefusal(outcome: Outcome): boolean {
  if (outcome.status === 'missing_table' || outcome.status === 'unknown_setting') return true
  if (outcome.status !== 'retry' || outcome.timedOut) return false
  const isNotThere = outcome.why === 'transient' && !(outcome.error instanceof ClickHouseError)
  return outcome.why === 'misconfigured' || isNotThere
}
