import { clock } from '../common/clock.js'
import type { DestinationConfig } from '../config/config.js'
import type { Pool } from '../http/client.js'
import type { Link } from './link.js'
import type { Retry } from './outcome.js'

const FIRST_PAUSE_MS = 1000
const MAX_PAUSE_MS = 30_000

/** One of several hosts of a destination, and whether it takes rows. */
export class Host {
  readonly config: DestinationConfig
  readonly pool: Pool
  readonly link: Link
  /** Which of the addresses of its name this host is, if there are several. */
  readonly address: string | undefined
  /**
   * By table: the name of the memory that its tokens are in. Hosts with the same name recognise each other's rows. Undefined: it shares them
   * with no host.
   */
  readonly memories: Map<string, string | undefined> = new Map()
  #isUp = true
  #isHung = false
  #failures = 0
  #dueAt = 0
  #isProbing = false
  readonly #closing = new AbortController()

  constructor(config: DestinationConfig, pool: Pool, link: Link, address: string | undefined) {
    this.config = config
    this.pool = pool
    this.link = link
    this.address = address
  }

  /** For the log. */
  get name(): string {
    const { host } = this.config.endpoint
    return this.address === undefined ? host : `${host} at ${this.address}`
  }

  /** False while it is left alone after a failure. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** It did not answer in time when it was last asked: it gets no rows before it answers a ping. */
  get isHung(): boolean {
    return this.#isHung
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  took(): void {
    this.#isUp = true
    this.#isHung = false
    this.#failures = 0
  }

  /** It failed: other hosts get the rows for a while, longer after each failure. */
  leaveAlone({ timedOut = true, retryAfterMs = 0 }: Partial<Retry> = {}): void {
    // Requests that were under way together fail together: that is one failure.
    if (this.#isUp) this.#failures++
    this.#isUp = false
    this.#isHung ||= timedOut
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), MAX_PAUSE_MS)
    this.#dueAt = Math.max(this.#dueAt, clock.now() + Math.max(pause, retryAfterMs))
  }

  /** After a while it is pinged, and takes rows again if it answers. No batch waits for that. */
  probeIfDue(): void {
    if (this.#isUp || this.#isProbing || clock.now() < this.#dueAt) return
    this.#isProbing = true
    void this.link.ping(this.#closing.signal).then((answer) => {
      this.#isProbing = false
      if ('reply' in answer) {
        this.#isUp = true
        this.#isHung = false
      } else {
        this.#failures++
        this.leaveAlone({ timedOut: answer.timedOut })
      }
    })
  }

  close(): void {
    this.#closing.abort(new Error('aborted: shutting down'))
    this.link.close()
  }
}
