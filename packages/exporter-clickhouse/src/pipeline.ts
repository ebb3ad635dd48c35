import type { SpanLike } from '@spanhouse/transform'
import { pressQueue } from './batch.js'
import { flushBeforeExit } from './before-exit.js'
import type { Config } from './config.js'
import { within } from './deadline.js'
import { Destination, type Receipt } from './destination.js'
import { type Lane, lanesOf } from './lane.js'
import { pendingResources } from './pending-resources.js'
import type { Stats } from './stats.js'

/** The way of a span: to a line, to a batch in its lane, to the queue of every destination. */
export class Pipeline {
  readonly #config: Config
  readonly #destinations: readonly Destination[]
  readonly #lanes: readonly Lane[]
  readonly #leaveExit: () => void
  readonly #arriving = new Set<Promise<unknown>>()
  #rowsTaken = 0
  #shutdown: Promise<void> | undefined

  constructor(config: Config) {
    this.#config = config
    this.#destinations = config.destinations.map((one) => new Destination(one))
    this.#lanes = lanesOf(this.#destinations, pressQueue())
    this.#leaveExit = flushBeforeExit(this)
  }

  get acceptedRows(): number {
    return this.#rowsTaken
  }

  get closed(): boolean {
    return this.#shutdown !== undefined
  }

  /** Takes spans in. Resolves with false only if no destination has, or still holds, any of them. */
  async export(spans: readonly SpanLike[]): Promise<boolean> {
    this.#rowsTaken += spans.length
    const pending = pendingResources(spans)
    const receipts = await Promise.all(
      pending ? await this.#whenKnown(pending, () => this.#take(spans)) : this.#take(spans),
    )
    const nothingToWaitFor = receipts.length === 0
    return nothingToWaitFor || receipts.some((receipt) => receipt !== 'dropped')
  }

  add(span: SpanLike): void {
    for (const lane of this.#lanes) lane.add(span, this.#config.limits, this.#config.maxRowBytes)
  }

  /** Resolves when every row taken in before is delivered or dropped; rejects at the deadline, naming who still waits. */
  async flush(timeoutMs: number = this.#config.flushTimeoutMs): Promise<void> {
    if (await within(timeoutMs, this.#settled())) return
    const waiting = this.#destinations
      .map((one) => ({ name: one.config.name, rows: one.stats().waiting }))
      .filter(({ rows }) => rows > 0)
      .map(({ name, rows }) => `${name} (${rows} rows)`)
    throw new Error(`spanhouse: not flushed within ${timeoutMs} ms: ${waiting.join(', ')}`)
  }

  async flushBeforeExit(): Promise<void> {
    await within(this.#config.flushTimeoutMs, this.#settled())
  }

  /** Flushes as far as its deadline allows, counts the rest as dropped. Never rejects; later calls get the first one's promise. */
  shutdown(): Promise<void> {
    this.#shutdown ??= within(this.#config.shutdownTimeoutMs, this.#settled()).then(() => {
      this.#leaveExit()
      for (const destination of this.#destinations) destination.close()
    })
    return this.#shutdown
  }

  stats(): Stats {
    const open = new Map(
      this.#lanes.flatMap((lane) =>
        lane.destinations.map((destination) => [destination, lane] as const),
      ),
    )
    return {
      destinations: Object.fromEntries(
        this.#destinations.map((destination) => {
          const stats = destination.stats()
          const lane = open.get(destination)
          // Rows of the open batch are everybody's: accepted, and not yet in any queue.
          stats.accepted += lane?.openRows ?? 0
          stats.waiting += lane?.openRows ?? 0
          stats.waitingBytes += lane?.openBytes ?? 0
          return [destination.config.name, stats]
        }),
      ),
    }
  }

  #take(spans: readonly SpanLike[]): Promise<Receipt>[] {
    const { acknowledge, limits, maxRowBytes } = this.#config
    if (acknowledge === 'delivered')
      return this.#lanes.flatMap((lane) => lane.addAndSeal(spans, limits, maxRowBytes))
    for (const span of spans) this.add(span)
    return []
  }

  /** Attributes of a resource may still be on their way: its spans are encoded when they are known, or after a while without them. */
  #whenKnown<T>(pending: Promise<unknown>, encode: () => T): Promise<T> {
    const arrival = within(this.#config.flushTimeoutMs, pending).then(encode)
    this.#arriving.add(arrival)
    void arrival.finally(() => this.#arriving.delete(arrival))
    return arrival
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#arriving)
    for (const lane of this.#lanes) lane.seal()
    for (const destination of this.#destinations) destination.hurry()
    await Promise.all(this.#destinations.map((destination) => destination.settled()))
  }
}
