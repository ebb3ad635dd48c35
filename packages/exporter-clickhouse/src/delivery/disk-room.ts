import type { Entry } from './entry.js'

/** Bytes that one destination uses on disk, including those of batches that are being written. */
export class DiskRoom {
  readonly #maxBytes: number
  readonly #storedBytes: () => number
  #reservedBytes = 0

  constructor(maxBytes: number, storedBytes: () => number) {
    this.#maxBytes = maxBytes
    this.#storedBytes = storedBytes
  }

  /** Whether `bytes` would not fit even if nothing else was on disk. */
  isTooLarge(bytes: number): boolean {
    return bytes > this.#maxBytes
  }

  has(bytes: number): boolean {
    return this.#storedBytes() + this.#reservedBytes + bytes <= this.#maxBytes
  }

  reserve(entry: Entry, bytes: number): void {
    entry.reservedBytes = bytes
    this.#reservedBytes += bytes
  }

  /** The entry is on disk, or will not be. */
  release(entry: Entry): void {
    this.#reservedBytes -= entry.reservedBytes
    entry.reservedBytes = 0
  }
}
