import type { Sent } from './send-letters.js'

/** Counts what became of rows. */
export interface Tally {
  readonly delivered: number
  /** The server had them already. */
  readonly there: number
  readonly refused: number
  readonly unreadable: number
  /** Left where they are, because they are no refused rows. */
  readonly conflicts: number
  readonly because: string | undefined
  add(sent: Sent | undefined, unreadable?: number, conflicts?: number): void
}

export function newTally(onChange: (tally: Tally) => void): Tally {
  const counts = {
    delivered: 0,
    there: 0,
    refused: 0,
    unreadable: 0,
    conflicts: 0,
    because: undefined as string | undefined,
    add(sent: Sent | undefined, unreadable = 0, conflicts = 0) {
      counts.delivered += sent?.delivered.length ?? 0
      counts.there += sent?.there.length ?? 0
      counts.refused += sent?.refused.length ?? 0
      counts.because = sent?.because ?? counts.because
      counts.unreadable += unreadable
      counts.conflicts += conflicts
      onChange(counts)
    },
  }
  return counts
}
