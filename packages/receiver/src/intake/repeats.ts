import type { Verdict } from './verdict.js'

/** A client that got no answer sends a request again within seconds, or minutes if it was away. */
const REMEMBERED_MS = 10 * 60_000
const MAX_REMEMBERED = 20_000

/** The requests that are in progress or were answered not long ago, by the hash of their bodies. */
export interface Repeats {
  /**
   * The verdict on this request: that of the same request sent before, or of `work`. A request that has to be sent again is forgotten,
   * so that it is then taken.
   */
  verdictOn(digest: string, work: () => Promise<Verdict>): Promise<Verdict>
  readonly size: number
}

export function newRepeats(now: () => number = () => performance.now()): Repeats {
  const known = new Map<string, { readonly verdict: Promise<Verdict>; endedAt: number }>()

  function forgetOld(): void {
    // A map keeps the order, so the oldest come first. What is in progress is never forgotten.
    for (const [digest, { endedAt }] of known) {
      if (known.size <= MAX_REMEMBERED && endedAt + REMEMBERED_MS > now()) return
      if (endedAt < Number.POSITIVE_INFINITY) known.delete(digest)
    }
  }

  return {
    get size() {
      return known.size
    },
    verdictOn(digest, work) {
      forgetOld()
      const before = known.get(digest)
      if (before) return before.verdict
      const verdict = work()
      const entry = { verdict, endedAt: Number.POSITIVE_INFINITY }
      known.set(digest, entry)
      verdict.then(
        ({ step }) => {
          known.delete(digest)
          entry.endedAt = now()
          if (step === 'answer') known.set(digest, entry) // as the newest
        },
        () => known.delete(digest),
      )
      return verdict
    },
  }
}
