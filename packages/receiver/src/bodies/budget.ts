import { Occasion } from '#exporter'

/** Memory for the bodies of all requests in progress. */
export interface Budget {
  readonly used: number
  /** Resolves with true when so many bytes are reserved, or with false when the signal aborts before there is room. */
  reserve(bytes: number, signal: AbortSignal): Promise<boolean>
  /** Reserves more for a request that has some already, or returns false. It does not wait: others may be waiting for what this request holds. */
  extend(bytes: number): boolean
  release(bytes: number): void
}

export function newBudget(maxBytes: number): Budget {
  const released = new Occasion()
  let used = 0
  const extend = (bytes: number): boolean => {
    if (used + bytes > maxBytes) return false
    used += bytes
    return true
  }
  return {
    get used() {
      return used
    },
    extend,
    async reserve(bytes, signal) {
      while (!extend(bytes)) {
        if (signal.aborted) return false
        await released.next(signal)
      }
      return true
    },
    release(bytes) {
      used -= bytes
      released.happened()
    },
  }
}
