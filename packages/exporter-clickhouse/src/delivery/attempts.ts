import type { Insert } from '../clickhouse/insert.js'
import type { Rejection, Retry } from '../clickhouse/outcome.js'
import { clock } from '../common/clock.js'
import { TOKEN } from '../config/insert-settings.js'
import { Aside } from './aside.js'
import {
  type Attempt,
  attemptOnce,
  isAnswer,
  isService,
  type Means,
  type Surroundings,
} from './attempt.js'
import { restMs } from './backoff.js'
import type { Entry } from './entry.js'
import { giveUp } from './give-up.js'
import { Health } from './health.js'
import type { KnownTable } from './known-table.js'
import { loaded, type NotYet } from './loading.js'
import type { Part } from './parts.js'
import { RequestSize } from './request-size.js'
import { smallOnes } from './small-batches.js'
import { Splitter } from './splitter.js'
import { decide, type Fault, type Verdict } from './verdict.js'

// As often as the spool tries a disk that fails.
const LOOK_AGAIN_MS = 1000

/** Sends the batches of one destination and acts on the outcome of each attempt. */
export class Attempts {
  readonly #with: Surroundings
  readonly #aside: Aside
  readonly #splitter: Splitter
  readonly #means: Means
  #isLast = false
  /** Pending while batches on disk wait for a disk that fails. */
  #nextLook: NodeJS.Timeout | undefined
  /** What the outcomes say about the server and this destination. */
  readonly health: Health
  readonly size: RequestSize = new RequestSize()

  constructor(surroundings: Surroundings) {
    this.#with = surroundings
    const pump = () => this.pump()
    const { config, pace, holdings } = surroundings
    this.health = new Health({
      retry: config.retry,
      tables: config.targets.length,
      server: pace,
      waitingRows: () => holdings.queue.rows,
      pump,
      onBehind: () => {
        this.#acknowledgeAll()
        holdings.room.happened()
      },
    })
    this.#aside = new Aside({ ...surroundings, pump })
    this.#means = { ...surroundings, health: this.health, aside: this.#aside }
    const divide = (entry: Entry, rejection: Rejection) => this.#divideUntried(entry, rejection)
    this.#splitter = new Splitter({ ...surroundings, pump, divide })
  }

  /** Sends as many ready batches as the server may get now. */
  pump(): void {
    if (this.#with.closing.aborted) return
    while (this.health.mayStart) {
      const next = this.#next()
      if (!next) return
      this.#start(next)
    }
  }

  /** A flush waits for these rows: the next attempt is due now. `isLast`: what it leaves in memory is lost. */
  hurry(isLast: boolean): void {
    this.#isLast ||= isLast
    for (const entry of [...this.#with.holdings.queue.resting]) entry.to('ready')
    this.#aside.hurry()
    this.health.hurry()
    this.pump()
  }

  /** The entry is no longer in the queue. */
  gone(entry: Entry, heirs: readonly Entry[]): void {
    this.#aside.gone(entry, heirs)
  }

  close(): void {
    clock.clearTimeout(this.#nextLook)
    this.health.close()
    this.#aside.close()
  }

  /** The oldest batch that can be sent now. */
  #next(): Entry | undefined {
    const { ready, unloaded } = this.#with.holdings.queue
    const inMemory = ready.first
    const onDisk = unloaded.first && this.#nextOnDisk(unloaded)
    if (!inMemory || !onDisk) return inMemory ?? onDisk
    return inMemory.place < onDisk.place ? inMemory : onDisk
  }

  /** A disk that fails must not hold up rows that are in memory, so its batches take no request until it may be tried. */
  #nextOnDisk(unloaded: Iterable<Entry>): Entry | undefined {
    const { spool } = this.#with
    if (!spool || spool.mayRead())
      for (const entry of unloaded)
        if (!spool || !entry.stored || spool.mayLoad(entry.stored)) return entry
    const look = () => {
      this.#nextLook = undefined
      this.pump()
    }
    this.#nextLook ??= clock.setTimeout(look, LOOK_AGAIN_MS).unref()
    return undefined
  }

  #start(first: Entry): void {
    const { holdings, config } = this.#with
    let entries = smallOnes(first, holdings.queue.ready, config.batch)
    for (const entry of entries) entry.to('in_flight')
    const going = this.health.begin()
    const work = async () => {
      const entry = entries.length > 1 ? await this.#splitter.unite(entries) : first
      if (!entry) return
      entries = [entry]
      const attempt = await attemptOnce(entry, going, this.#isLast, this.#means)
      if (attempt && 'later' in attempt) this.#restOnDisk(entry, attempt)
      else if (attempt) await this.#conclude(entry, attempt)
    }
    work()
      // After a bug in this package, only these rows are dropped, and the queue goes on.
      .catch((error) => {
        for (const entry of entries) holdings.drop(entry, 'internal_error', error)
      })
      .then(() => {
        going.end()
        this.pump()
      })
  }

  /**
   * Acts on the outcome. The sibling is told last, because that may start other batches: before, any pause must have begun, and this
   * batch must be in its final state.
   */
  async #conclude(entry: Entry, attempt: Attempt): Promise<void> {
    const { outcome, pinged } = attempt
    const { config, holdings, tables, log, closing } = this.#with
    const { insert } = entry
    if (!holdings.has(entry) || closing.aborted || !insert) return // settled meanwhile, by close()
    const table = tables.of(insert)
    const isAlone = this.health.isAlone(attempt.servedOthers)
    const { verdict, history } = decide(outcome, entry.history, {
      rows: entry.rows,
      rawBytes: entry.batch?.rawBytes ?? 0,
      foreign: entry.foreign,
      mayBeForm: table.mayRefuseForm(insert),
      asyncInsert: config.asyncInsert,
      maxRetries: config.retry.maxRetries,
      deliveries: holdings.account.deliveries,
      hurried: this.health.hurried,
      serverFails: this.health.serverFails,
      pinged,
      isAlone,
      isExcludedForLong: this.health.isExcludedForLong,
      recovered: entry.recovered,
      mayBeRepeated: entry.course !== undefined,
    })
    entry.history = history
    entry.partly ||= outcome.partly === true
    entry.doubled ||= 'doubled' in verdict && verdict.doubled
    if (isService(outcome, verdict)) {
      this.health.served()
      log.recovered()
    } else if (isAnswer(outcome, pinged)) this.health.serverAnswers()
    switch (verdict.step) {
      case 'deliver':
        this.#aside.taken(entry)
        table.duplicates.deliver(entry.rows, {
          ambiguous: entry.doubled || history.ambiguous || entry.recovered, // the earlier process may have sent it
          hasToken: this.#hasToken(insert),
          age: entry.tokenSince && holdings.account.since(entry.tokenSince),
          elsewhere:
            entry.doubled || (outcome.status === 'delivered' && outcome.elsewhere === true),
        })
        holdings.deliver(entry)
        table.took(insert, entry.wasCompact)
        return
      case 'make_whole':
        return this.#makeWhole(entry)
      case 'divide':
        if (verdict.rejection.ofSize) this.#tooLarge(entry, verdict.rejection)
        return this.#divide(entry, verdict.rejection)
      case 'give_up':
        this.health.noteError(verdict.rejection.error)
        return giveUp(entry, insert, verdict.rejection, this.#with)
      case 'drop':
        if (outcome.status === 'delivered') holdings.account.errors++
        this.#begin(verdict)
        holdings.drop(entry, verdict.reason, verdict.outcome.error)
        this.#explain(verdict, table, isAlone)
        return
      case 'retry':
        this.#begin(verdict)
        this.#keep(entry, verdict)
        this.#explain(verdict, table, isAlone)
        entry.tell(false)
    }
  }

  /** Applies what a failure means beyond its batch. Must come first, because the later steps may start other batches. */
  #begin({ fault, outcome }: Failure): void {
    this.health.noteError(outcome.error)
    if (fault === 'server' || fault === 'signal') this.health.pauseAfter(fault, outcome)
    if (fault === 'turn' && this.health.excluded()) this.#with.log.oneAtATime(outcome)
  }

  #explain({ fault, outcome }: Failure, table: KnownTable, isAlone: boolean): void {
    if (outcome.refusesColumns) void table.explainColumns()
    if (fault !== 'server' && fault !== 'signal') return
    // Requests of all signals run into their deadlines if the server hangs: one line says it.
    const isOfServer = fault === 'server' || (outcome.timedOut === true && !isAlone)
    const { waitingRows, waitingRowsOfAll } = this.health
    this.#with.log.failed(outcome, isOfServer, isOfServer ? waitingRowsOfAll : waitingRows)
    this.health.fallBehind()
  }

  #tooLarge({ rows, batch }: Entry, { error }: Rejection): void {
    if (batch) this.size.refused(batch.rawBytes)
    this.#with.log.tooLarge(error, rows)
  }

  /** Keeps a batch for another attempt. */
  #keep(entry: Entry, { fault, outcome, moveToEnd }: Extract<Verdict, { step: 'retry' }>): void {
    const { account, queue } = this.#with.holdings
    account.retries++
    if (moveToEnd) queue.moveToEnd(entry)
    switch (fault) {
      case 'kind':
        this.#aside.refused(entry, outcome)
        return
      case 'batch':
        this.#rest(entry, outcome)
        break
      case 'signal':
      case 'server':
      case 'turn':
        entry.to('ready')
    }
    queue.unload(entry)
  }

  #rest(entry: Entry, outcome: Retry): void {
    entry.to('resting')
    const delayMs = restMs(entry.history.failures, outcome, this.#with.config.retry)
    clock.setTimeout(() => this.#wake(entry), delayMs).unref()
  }

  #restOnDisk(entry: Entry, { later }: NotYet): void {
    const { holdings } = this.#with
    if (!holdings.has(entry)) return
    entry.to('resting')
    holdings.queue.moveToEnd(entry) // perhaps the disk gives the others
    void later.then(() => this.#wake(entry))
  }

  #wake(entry: Entry): void {
    if (entry.state === 'resting') entry.to('ready')
    this.pump()
  }

  async #makeWhole(entry: Entry): Promise<void> {
    const part = await this.#toSplit(entry)
    if (part) await this.#splitter.makeWhole(entry, part)
  }

  async #divide(entry: Entry, rejection: Rejection): Promise<void> {
    this.health.noteError(rejection.error)
    const part = await this.#toSplit(entry)
    if (part && (await this.#splitter.divide(entry, part, rejection))) entry.tell(false)
  }

  /** The other part was taken, so the refused row must be in this one. */
  #divideUntried(entry: Entry, rejection: Rejection): void {
    this.#divide(entry, rejection)
      .catch((bug) => this.#with.holdings.drop(entry, 'internal_error', bug))
      .then(() => this.pump())
  }

  async #toSplit(entry: Entry): Promise<Part | undefined> {
    const { holdings, spool, closing } = this.#with
    entry.to('splitting')
    for (;;) {
      const part = await loaded(entry, holdings, spool, closing)
      if (!part || !('later' in part)) return part
      await part.later // this holds up no request: a batch in flight is in memory
      if (closing.aborted || !holdings.has(entry)) return undefined
    }
  }

  #hasToken({ settings }: Insert): boolean {
    return settings[TOKEN] !== undefined && !this.#with.sender.leftOut.names.has(TOKEN)
  }

  /** No export() waits for a server that is known to be behind. */
  #acknowledgeAll(): void {
    for (const entry of [...this.#with.holdings.queue.unanswered])
      if (entry.state !== 'sealed') entry.acknowledge('waiting')
  }
}

type Failure = { readonly fault: Fault; readonly outcome: Retry }
