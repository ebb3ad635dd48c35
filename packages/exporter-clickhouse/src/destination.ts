import { backoffMs } from './backoff.js'
import { type Batch, isPressed, type PressedBatch } from './batch.js'
import { classify } from './classify.js'
import type { DestinationConfig } from './config.js'
import { ClickHouseError } from './errors.js'
import { type Client, openClient } from './http.js'
import { type Inserter, inserter } from './insert.js'
import { type DestinationLog, destinationLog } from './log.js'
import type { DropReason, Outcome } from './outcome.js'
import { createTables } from './schema.js'
import type { DestinationStats } from './stats.js'

/** Where a batch stood when `export()` had to answer for it. */
export type Receipt = 'delivered' | 'waiting' | 'dropped'

interface Entry {
  readonly batch: Batch
  /** What it counts for in the queue's bound. */
  heldBytes: number
  /** Attempts that ended in a retry. */
  failures: number
  inFlight: boolean
  /** An attempt may have been written: it must not be dropped to make room. */
  ambiguous: boolean
  readonly acknowledge: (receipt: Receipt) => void
  readonly settled: Promise<void>
  readonly settle: () => void
}

const MAX_CONCURRENCY = 4
// While a server is away it is asked about every two seconds, so that the first rows arrive within
// five seconds of its return, however long the backoff has grown.
const PROBE_EVERY_MS = 2000
// Without an answer to this a server that hung before is not burdened with rows again.
const PING_DEADLINE_MS = 2000
// Nobody mends a password within a second, and servers lock users out.
const MISCONFIGURED_PROBE_MS = 30_000

/** One server: a bounded queue of batches, the requests that empty it, and an account of every row. */
export class Destination {
  readonly config: DestinationConfig
  readonly #client: Client
  readonly #inserter: Inserter
  readonly #log: DestinationLog
  readonly #aborter = new AbortController()
  /** In the order of arrival; what is in flight stays in it. */
  readonly #queue = new Map<Batch, Entry>()
  #heldBytes = 0
  #inFlight = 0
  #concurrency = MAX_CONCURRENCY
  #failures = 0
  #lastTimedOut = false
  #misconfigured = false
  #pause: NodeJS.Timeout | undefined
  #creating: Promise<Outcome> | undefined
  #closed = false

  #accepted = 0
  #delivered = 0
  readonly #dropped: Partial<Record<DropReason, number>> = {}
  #requests = 0
  #retries = 0
  #lastError: Error | undefined

  constructor(config: DestinationConfig) {
    this.config = config
    this.#client = openClient(config, MAX_CONCURRENCY)
    this.#inserter = inserter(config)
    this.#log = destinationLog(config.name, config.endpoint)
  }

  /** Takes a batch in. The receipt comes after its first attempt, or at once if it must wait for a failing server. */
  offer(batch: Batch): Promise<Receipt> {
    this.#accepted += batch.rows
    return new Promise((acknowledge) => {
      const entry = newEntry(batch, acknowledge)
      this.#enqueue(entry)
      if (this.#closed) this.#drop(entry, 'shutdown')
      if (!this.#makeRoomFor(entry)) return
      if (this.#failures > 0) acknowledge('waiting')
      this.#pump()
    })
  }

  /** To be called when a batch that was offered has been pressed: it can be sent, and is smaller. */
  pressed(batch: Batch): void {
    const entry = this.#queue.get(batch)
    if (!entry) return
    this.#heldBytes += batch.heldBytes - entry.heldBytes
    entry.heldBytes = batch.heldBytes
    this.#pump()
  }

  /** Counts rows that never became part of a batch, or whose batch could not be made. */
  refuse(rows: number, reason: DropReason, error?: Error): void {
    this.#accepted += rows
    this.#countDrop(rows, reason, error)
  }

  /** Gives a batch up. */
  abandon(batch: Batch, reason: DropReason, error?: Error): void {
    const entry = this.#queue.get(batch)
    if (entry) this.#drop(entry, reason, error)
  }

  /** Resolves when every row taken in so far is delivered or dropped. */
  async settled(): Promise<void> {
    await Promise.all([...this.#queue.values()].map((entry) => entry.settled))
  }

  /** Ends a pause: somebody waits for these rows. */
  hurry(): void {
    if (this.#pause !== undefined && !this.#misconfigured) this.#resume()
  }

  /** Aborts what is in flight and drops what waits. Returns how many rows that were. */
  close(): number {
    this.#closed = true
    clearTimeout(this.#pause)
    const left = this.#waitingRows()
    for (const entry of this.#queue.values()) this.#drop(entry, 'shutdown')
    this.#aborter.abort()
    this.#client.close()
    return left
  }

  stats(): DestinationStats {
    return {
      accepted: this.#accepted,
      delivered: this.#delivered,
      dropped: { ...this.#dropped },
      waiting: this.#waitingRows(),
      waitingBytes: this.#heldBytes,
      requests: this.#requests,
      retries: this.#retries,
      failing: this.#failures > 0,
      lastError: this.#lastError?.message ?? null,
    }
  }

  #waitingRows(): number {
    let rows = 0
    for (const batch of this.#queue.keys()) rows += batch.rows
    return rows
  }

  #enqueue(entry: Entry): void {
    this.#queue.set(entry.batch, entry)
    this.#heldBytes += entry.heldBytes
  }

  #remove(entry: Entry): boolean {
    if (!this.#queue.delete(entry.batch)) return false
    this.#heldBytes -= entry.heldBytes
    return true
  }

  /** False if the newest batch itself had to go. */
  #makeRoomFor(newest: Entry): boolean {
    const { maxBytes, whenFull } = this.config.queue
    while (this.#heldBytes > maxBytes && this.#queue.has(newest.batch)) {
      const victim = whenFull === 'drop_oldest' ? this.#oldestDroppable() : newest
      this.#drop(victim ?? newest, 'queue_full')
    }
    return this.#queue.has(newest.batch)
  }

  #oldestDroppable(): Entry | undefined {
    for (const entry of this.#queue.values()) if (!entry.inFlight && !entry.ambiguous) return entry
    return undefined
  }

  /** Starts what may be started: several requests on a healthy server, one at a time on a failing one. */
  #pump(): void {
    if (this.#closed || this.#pause !== undefined) return
    for (const entry of this.#queue.values()) {
      if (this.#inFlight >= this.#concurrency) return
      if (!entry.inFlight && isPressed(entry.batch)) this.#start(entry, entry.batch)
    }
  }

  #start(entry: Entry, batch: PressedBatch): void {
    entry.inFlight = true
    this.#inFlight++
    this.#attempt(batch)
      .then((outcome) => this.#conclude(entry, outcome))
      // A bug of ours: it costs this batch, and the queue goes on.
      .catch((error) => this.#drop(entry, 'rejected', error))
      .then(() => {
        this.#inFlight--
        this.#pump()
      })
  }

  async #attempt(batch: PressedBatch): Promise<Outcome> {
    if (this.#lastTimedOut) {
      const ping = await this.#client.send(PING, this.#aborter.signal)
      if ('error' in ping) return classify({ ...ping, bodyStarted: false })
    }
    for (;;) {
      const outcome = await this.#insert(batch)
      if (outcome.status === 'unknown_setting' && this.#inserter.forget(outcome.setting)) continue
      if (outcome.status !== 'missing_table' || this.config.manageSchema !== 'create')
        return outcome
      // The first answer that says so; every batch in flight gets it, one creation serves them all.
      this.#creating ??= createTables(this.config, this.#client, this.#aborter.signal)
      const created = await this.#creating
      this.#creating = undefined
      return created.status === 'delivered' ? this.#insert(batch) : created
    }
  }

  async #insert(batch: PressedBatch): Promise<Outcome> {
    this.#requests++
    const post = this.#inserter.post(batch, this.config.timeoutMs)
    return classify(await this.#client.send(post, this.#aborter.signal))
  }

  async #conclude(entry: Entry, outcome: Outcome): Promise<void> {
    if (!this.#queue.has(entry.batch)) return // dropped meanwhile, by close()
    switch (outcome.status) {
      case 'delivered':
        this.#succeeded()
        return this.#deliver(entry)
      case 'rejected':
      case 'too_large':
        this.#succeeded() // it did answer
        return this.#divide(entry, outcome)
      case 'retry':
        return this.#retryLater(entry, outcome)
      case 'missing_table':
      case 'unknown_setting':
        return this.#retryLater(entry, { ...outcome, status: 'retry', why: 'misconfigured' })
      default:
        outcome satisfies never
    }
  }

  #succeeded(): void {
    this.#concurrency = this.#failures > 0 ? 1 : Math.min(this.#concurrency + 1, MAX_CONCURRENCY)
    this.#failures = 0
    this.#lastTimedOut = false
    this.#misconfigured = false
    this.#log.recovered()
    if (this.#pause !== undefined) this.#resume() // by the failure of another batch
  }

  #retryLater(entry: Entry, outcome: Extract<Outcome, { status: 'retry' }>): void {
    entry.inFlight = false
    entry.failures++
    entry.ambiguous ||= outcome.why === 'ambiguous'
    // Batches that were in flight together fail together: that is one failure of the server.
    if (this.#pause === undefined) this.#failures++
    this.#misconfigured = outcome.why === 'misconfigured'
    this.#concurrency = 1
    this.#lastTimedOut = outcome.timedOut ?? false
    this.#lastError = outcome.error
    if (entry.failures > this.config.retry.maxRetries) {
      this.#drop(entry, 'retries_exhausted', outcome.error)
    } else {
      this.#retries++
      // The server is there and refuses this batch: perhaps it takes another.
      if (outcome.error instanceof ClickHouseError) this.#moveToEnd(entry)
    }
    this.#log.failed(outcome.error, outcome.fix, this.#waitingRows())
    // Nobody's export() waits for a server that is known to be behind.
    for (const waiting of this.#queue.values()) waiting.acknowledge('waiting')
    this.#pauseFor(this.#delayMs(outcome))
  }

  #delayMs({ why, retryAfterMs = 0 }: Extract<Outcome, { status: 'retry' }>): number {
    if (why === 'misconfigured') return MISCONFIGURED_PROBE_MS
    const { retry } = this.config
    const delay = backoffMs(this.#failures, retry)
    // Who gives up after some attempts wants them spread out as configured.
    const probes = why !== 'overloaded' && retry.maxRetries === Number.POSITIVE_INFINITY
    return Math.max(probes ? Math.min(delay, PROBE_EVERY_MS) : delay, retryAfterMs)
  }

  #moveToEnd(entry: Entry): void {
    this.#queue.delete(entry.batch)
    this.#queue.set(entry.batch, entry)
  }

  #pauseFor(ms: number): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.#resume(), ms).unref()
  }

  #resume(): void {
    clearTimeout(this.#pause)
    this.#pause = undefined
    this.#pump()
  }

  /** Finds the row that is refused, or the size that is taken, by halves. Nothing of the batch was written. */
  async #divide(
    entry: Entry,
    { status, error, ...hint }: Extract<Outcome, { status: 'rejected' | 'too_large' }>,
  ): Promise<void> {
    const { batch } = entry
    if (batch.rows === 1 || !isPressed(batch)) return this.#drop(entry, status, error)
    const row =
      'row' in hint && hint.row !== undefined && hint.row < batch.rows ? hint.row : undefined
    const cuts = row === undefined ? [batch.rows >> 1] : [row, row + 1]
    const parts = (await batch.cutAt(...cuts)).map((part) => newEntry(part, () => {}))
    await Promise.all(parts.map((part) => part.batch.press()))
    if (!this.#remove(entry)) return // dropped meanwhile
    entry.acknowledge('waiting')
    for (const part of parts) this.#enqueue(part)
    void Promise.all(parts.map((part) => part.settled)).then(entry.settle)
  }

  #deliver(entry: Entry): void {
    if (!this.#remove(entry)) return
    this.#delivered += entry.batch.rows
    entry.acknowledge('delivered')
    entry.settle()
  }

  #drop(entry: Entry, reason: DropReason, error?: Error): void {
    if (!this.#remove(entry)) return
    this.#countDrop(entry.batch.rows, reason, error)
    entry.acknowledge('dropped')
    entry.settle()
  }

  #countDrop(rows: number, reason: DropReason, error?: Error): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + rows
    this.#log.dropped(rows, reason, error)
  }
}

const PING = {
  method: 'GET',
  path: '/ping',
  headers: {},
  body: Buffer.alloc(0),
  deadlineMs: PING_DEADLINE_MS,
} as const

function newEntry(batch: Batch, acknowledge: (receipt: Receipt) => void): Entry {
  let settle = () => {}
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })
  const { heldBytes } = batch
  return {
    batch,
    heldBytes,
    failures: 0,
    inFlight: false,
    ambiguous: false,
    acknowledge,
    settled,
    settle,
  }
}
