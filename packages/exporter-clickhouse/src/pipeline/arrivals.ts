import { turn } from '../common/clock.js'
import type { Receipt } from '../delivery/entry.js'
import { type OfResource, pendingResources } from './pending-resources.js'

// Records whose resource is not known yet are held as they are, at perhaps 2 KiB each.
const MAX_ROWS = 10_000

/**
 * When records may be encoded: not while another row is written, and not before the attributes of their resource are known. While a row is
 * written or its batch is sealed, application code may run (a getter of the span, onDrop) and end another span. That span is encoded one
 * turn of the event loop later; until then it counts as waiting.
 */
export class Arrivals {
  readonly #patienceMs: number
  readonly #refuse: (records: number) => void
  readonly #arriving = new Set<Promise<unknown>>()
  #rows = 0
  #isWriting = false

  /** `patienceMs`: how long to wait for attributes of a resource. `refuse` counts records for which there is no room. */
  constructor(patienceMs: number, refuse: (records: number) => void) {
    this.#patienceMs = patienceMs
    this.#refuse = refuse
  }

  /** Records that are not encoded yet. */
  get rows(): number {
    return this.#rows
  }

  /** A row is being written. */
  get isWriting(): boolean {
    return this.#isWriting
  }

  /** From now on a row is being written. There is no method that takes a function: the function would be allocated for every record. */
  begin(): void {
    this.#isWriting = true
  }

  end(): void {
    this.#isWriting = false
  }

  /** Resolves when all that wait now are encoded; undefined if none wait. */
  arrived(): Promise<unknown> | undefined {
    return this.#arriving.size > 0 ? Promise.all(this.#arriving) : undefined
  }

  /**
   * Calls `encode` at once, if possible. If attributes of a resource are still pending, its records are encoded when they are known, or
   * after a while without them.
   */
  whenReady(
    records: readonly OfResource[],
    encode: () => Promise<Receipt>[],
  ): Promise<Receipt>[] | Promise<Promise<Receipt>[]> {
    const pending =
      pendingResources(records, this.#patienceMs) ?? (this.#isWriting ? turn() : undefined)
    if (!pending) return encode()
    if (this.#rows + records.length > MAX_ROWS) {
      this.#refuse(records.length)
      return [Promise.resolve('dropped')]
    }
    this.#rows += records.length
    const arrival = pending.then(() => {
      this.#rows -= records.length
      this.#arriving.delete(arrival)
      return encode()
    })
    this.#arriving.add(arrival)
    return arrival
  }

  /** Runs what was decided about a record elsewhere (in a timer, or while another signal's record is taken in) when no row is being written. */
  whenFree(run: () => void): void {
    if (!this.#isWriting) {
      this.#isWriting = true
      try {
        run()
      } finally {
        this.#isWriting = false
      }
      return
    }
    const arrival = turn().then(() => {
      this.#arriving.delete(arrival)
      this.whenFree(run)
    })
    this.#arriving.add(arrival)
  }
}
