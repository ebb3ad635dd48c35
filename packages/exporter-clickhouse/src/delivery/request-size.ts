import { clock } from '../common/clock.js'

/** Long enough that one request too many costs nothing. */
const REMEMBERED_MS = 600_000
// The statement and the constants of compact rows have to fit too.
const LEAST_BYTES = 64 * 1024

/**
 * How large batches may be, as far as the answers say. A proxy that limits the size of a request (nginx: 1 MB by default) would otherwise
 * refuse each large batch, which costs a request and the work to divide it. After a while a larger one is tried again.
 */
export class RequestSize {
  #maxBytes = Number.POSITIVE_INFINITY
  #until = Number.NEGATIVE_INFINITY

  /** Of the rows before compression. */
  get maxBytes(): number {
    return clock.now() < this.#until ? this.#maxBytes : Number.POSITIVE_INFINITY
  }

  /** A batch of so many bytes was too large. Its halves come next, and may be too large too. */
  refused(rawBytes: number): void {
    this.#maxBytes = Math.max(Math.min(this.maxBytes, rawBytes / 2), LEAST_BYTES)
    this.#until = clock.now() + REMEMBERED_MS
  }
}
