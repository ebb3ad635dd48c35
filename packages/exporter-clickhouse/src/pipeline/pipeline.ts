import type { DropReason } from '../accounting/drop-reason.js'
import type { Stats } from '../accounting/stats.js'
import { clock, turn } from '../common/clock.js'
import { within } from '../common/deadline.js'
import type { Config } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import type { Receipt } from '../delivery/entry.js'
import { reportAtExit } from '../lifetime/at-exit.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { collectFirst } from '../lifetime/collect-first.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'
import type { Spool } from '../spool/spool.js'
import { announce } from './announce.js'
import { Arrivals } from './arrivals.js'
import { openDestinations } from './destinations.js'
import { Intake } from './intake.js'
import type { Lane } from './lane.js'
import { lanesOf } from './lanes.js'
import { isPending, type OfResource } from './pending-resources.js'
import { statsOf } from './stats-of.js'

// Time that the spool always gets to give up its lease, however long the rest of the shutdown has taken.
const MIN_CLOSE_MS = 500
// A script that has ended waits no longer than this for a server that has refused every attempt.
const REFUSED_WAIT_MS = 2000

interface Ways<Input> {
  /** Begins the line that says at the start what is configured. */
  readonly lead?: string
  /** What is kept of a record that cannot be encoded at once. Default: the record itself. */
  readonly keep?: (record: Input) => Input
  /** Brings in what has not been exported yet, before each flush at an end of the process or of an invocation. */
  readonly collect?: () => Promise<unknown>
  /** The same records make the same batches again, because they may be exported again. For parcels only. Default: false. */
  readonly repeatable?: boolean
}

/**
 * The way of one signal: turns each record into a row, adds the row to a batch in each lane, and puts the batches into the queues of all
 * destinations.
 */
export class Pipeline<Input extends OfResource> {
  /** Takes in parcels of records. */
  readonly intake: Intake<Input>
  readonly #config: Config<Input>
  readonly #keep: (record: Input) => Input
  readonly #destinations: readonly Destination[]
  readonly #lanes: readonly Lane<Input>[]
  readonly #spools: readonly Spool[]
  readonly #leaveEnds: readonly (() => void)[]
  readonly #arrivals: Arrivals
  #rowsTaken = 0
  /** The count of #rowsTaken up to which lost rows have been reported at the end of the process. */
  #rowsReported = 0
  #shutdown: Promise<void> | undefined

  constructor(
    config: Config<Input>,
    { lead = '', keep = (record) => record, collect, repeatable = false }: Ways<Input> = {},
  ) {
    this.#config = config
    this.#keep = keep
    announce(config, lead)
    const { destinations, spools } = openDestinations(config, () => this.stats())
    this.#destinations = destinations
    this.#spools = spools
    this.#arrivals = new Arrivals(config.flushTimeoutMs, (records) => {
      for (const destination of destinations) destination.refuse(records, 'queue_full')
    })
    const surroundings = { keep, whenFree: (run: () => void) => this.#arrivals.whenFree(run) }
    const rowLimits = { ...config, repeatable }
    const lanes = lanesOf(config.destinations, destinations, rowLimits, surroundings)
    this.#lanes = lanes
    const arrivals = this.#arrivals
    const counted = (records: number) => {
      this.#rowsTaken += records
    }
    this.intake = new Intake({ destinations, lanes, arrivals, counted })
    const flushable = collect ? collectFirst(this, collect, config.flushTimeoutMs) : this
    this.#leaveEnds = [
      flushBeforeExit(flushable),
      reportAtExit(this),
      ...(config.flushOnSignal ? [flushOnSignal(flushable)] : []),
    ]
  }

  get acceptedRows(): number {
    return this.#rowsTaken
  }

  get closed(): boolean {
    return this.#shutdown !== undefined
  }

  /** Takes records in. Resolves with false only if every destination has dropped all of them. */
  async export(records: readonly Input[]): Promise<boolean> {
    this.#rowsTaken += records.length
    if (this.#lanes.length === 0) return true
    const take = () => this.#take(records)
    const receipts = await Promise.all(await this.#arrivals.whenReady(records, take))
    return receipts.length === 0 || receipts.some((receipt) => receipt !== 'dropped')
  }

  /** Takes one record in, to be gathered with others. */
  accept(record: Input): void {
    this.#rowsTaken++
    if (this.#arrivals.isWriting || isPending(record)) this.#addLater(record)
    else this.#add(record)
  }

  /** Counts records that could not be read, and so never became rows. */
  refuse(records: number, reason: DropReason): void {
    if (records === 0) return
    this.#rowsTaken += records
    for (const destination of this.#destinations) destination.refuse(records, reason)
  }

  /**
   * Resolves when every row taken in before is delivered or dropped; rejects at the deadline, naming the destinations that still have rows.
   */
  async flush(timeoutMs: number = this.#config.flushTimeoutMs): Promise<void> {
    if (
      await within(timeoutMs, (signal) =>
        this.#flushUntil((destination) => destination.settled(signal)),
      )
    )
      return
    const waiting = Object.entries(this.stats().destinations)
      .filter(([, one]) => one.waiting > 0)
      .map(([name, one]) => `${name} (${one.waiting} rows)`)
    throw new Error(`spanhouse: not flushed within ${timeoutMs} ms: ${waiting.join(', ')}`)
  }

  /**
   * Does not wait for batches on disk behind a failing server, and waits only briefly for a server that has refused every attempt. Logs
   * lost rows.
   */
  async flushBeforeExit(): Promise<void> {
    const taken = this.#rowsTaken
    for (const destination of this.#destinations) destination.log.ending()
    await within(this.#config.flushTimeoutMs, (signal) =>
      this.#flushUntil(
        async (destination) => {
          const isSafe = await within(REFUSED_WAIT_MS, (soon) => destination.safe(soon), {
            ref: false,
          })
          if (!isSafe && !destination.refusedEverything) await destination.safe(signal)
        },
        { isLast: true },
      ),
    )
    if (this.closed) return // shutdown() logs it
    // Rows that have come since show that the process goes on, as a script that awaits each export(): another flush will follow.
    const goesOn = this.#rowsTaken !== taken
    for (const destination of this.#destinations)
      destination.log.ended(goesOn ? 0 : destination.unsafeRows, 'the process ends')
    if (!goesOn) this.#rowsReported = taken
  }

  /** Collects which rows are lost because the process ends without a flush. */
  exits(): void {
    if (this.#rowsReported === this.#rowsTaken) return
    for (const lane of this.#lanes) lane.decide()
    for (const destination of this.#destinations) {
      const lane = this.#lanes.find((one) => one.destinations.includes(destination))
      destination.log.exited(
        destination.unsafeRows + (lane?.waitingRows ?? 0) + this.#arrivals.rows,
      )
    }
  }

  hasExited(): void {
    for (const destination of this.#destinations) destination.log.hasExited()
  }

  /**
   * Flushes until its deadline, and then counts the rows that are left and not on disk as dropped. Never rejects. Later calls get the same
   * promise.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close()
    return this.#shutdown
  }

  stats(): Stats {
    return statsOf(this.#destinations, this.#lanes, this.#arrivals.rows)
  }

  async #close(): Promise<void> {
    const { shutdownTimeoutMs } = this.#config
    const startedAt = clock.now()
    for (const lane of this.#lanes) lane.close() // before the last flush: what it decides has to be sent
    for (const destination of this.#destinations) destination.log.ending()
    await within(shutdownTimeoutMs, (signal) =>
      this.#flushUntil((destination) => destination.safe(signal), { isLast: true }),
    )
    for (const leave of this.#leaveEnds) leave()
    let lost = 0
    for (const destination of this.#destinations) {
      const rows = destination.close()
      lost += rows
      destination.log.ended(rows, `shut down within ${shutdownTimeoutMs} ms`)
    }
    if (lost > 0) await turn() // a process.exit() right after shutdown() would come before the warning
    const left = Math.max(shutdownTimeoutMs - (clock.now() - startedAt), MIN_CLOSE_MS)
    await within(left, () => Promise.all(this.#spools.map((spool) => spool.close())))
  }

  #take(records: readonly Input[]): Promise<Receipt>[] {
    const { acknowledge } = this.#config
    // With a spool, rows must be on disk before they are acknowledged, so every export is a batch of its own.
    if (acknowledge === 'delivered' || this.#spools.length > 0) {
      this.#arrivals.begin()
      try {
        return this.#lanes.flatMap((lane) => lane.addAndSeal(records))
      } finally {
        this.#arrivals.end()
      }
    }
    for (const record of records) this.#add(record)
    return []
  }

  #add(record: Input): void {
    const lanes = this.#lanes
    const { length } = lanes
    this.#arrivals.begin()
    try {
      for (let index = 0; index < length; index++) lanes[index]?.add(record) // for…of would allocate an iterator for every record
    } finally {
      this.#arrivals.end()
    }
  }

  // A method of its own: a closure in accept() would be allocated for every record.
  #addLater(record: Input): void {
    if (this.#lanes.length === 0) return
    const kept = this.#keep(record)
    void this.#arrivals.whenReady([kept], () => {
      this.#add(kept)
      return []
    })
  }

  async #flushUntil(
    done: (destination: Destination) => Promise<void>,
    { isLast = false }: { isLast?: boolean } = {},
  ): Promise<void> {
    const sent = async () => {
      if (this.#arrivals.isWriting) await turn() // a getter of a span called this: seal the batches only after the row of that span is written
      for (const lane of this.#lanes) {
        lane.decide()
        lane.seal()
      }
      for (const destination of this.#destinations) destination.hurry(isLast)
      await Promise.all(this.#destinations.map(done))
    }
    const arrived = this.#arrivals.arrived()?.then(sent)
    await Promise.all([sent(), arrived])
  }
}
