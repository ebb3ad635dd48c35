import type { Verdict } from './verdict.js'

/** A client that got no answer sends a request again within seconds, or minutes if it was away. */
const REMEMBERED_MS = 10 * 60_000
/** Of those that were answered. How many are in progress is bounded by the memory for their bodies. */
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
  const working = new Map<string, Promise<Verdict>>()
  const answered = new Map<string, { readonly verdict: Promise<Verdict>; readonly at: number }>()

  function forgetOld(): void {
    // A map keeps the order, so the oldest come first.
    for (const [digest, { at }] of answered) {
      if (answered.size <= MAX_REMEMBERED && at + REMEMBERED_MS > now()) return
      answered.delete(digest)
    }
  }

  return {
    get size() {
      return working.size + answered.size
    },
    verdictOn(digest, work) {
      forgetOld()
      const before = working.get(digest) ?? answered.get(digest)?.verdict
      if (before) return before
      const verdict = work()
      working.set(digest, verdict)
      verdict.then(
        ({ step }) => {
          working.delete(digest)
          if (step === 'answer') answered.set(digest, { verdict, at: now() })
        },
        () => working.delete(digest),
      )
      return verdict
    },
  }
}
