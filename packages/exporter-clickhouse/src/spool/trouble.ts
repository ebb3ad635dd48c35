import { clock } from '../common/clock.js'

const TRY_EVERY_MS = 1000

/** Whether the disk may be tried. While it fails, one put a second finds out, so that a dead disk costs nothing. */
export interface Trouble {
  readonly reported: boolean
  /** `probe`: it may be tried although the last one failed. */
  admit(writesUnderWay: number): 'yes' | 'probe' | 'no'
  began(error: unknown): void
  over(): void
}

export function newTrouble(events: {
  troubled(error: Error): void
  recoveredFromTrouble(): void
}): Trouble {
  let reported = false
  let nextTryAt = 0
  return {
    get reported() {
      return reported
    },
    admit(writesUnderWay) {
      if (!reported) return 'yes'
      // Behind a write that hangs there is nothing to find out.
      if (writesUnderWay > 0 || clock.now() < nextTryAt) return 'no'
      nextTryAt = clock.now() + TRY_EVERY_MS
      return 'probe'
    },
    began(error) {
      nextTryAt = clock.now() + TRY_EVERY_MS
      if (reported) return
      reported = true
      events.troubled(error instanceof Error ? error : new Error(String(error)))
    },
    over() {
      if (!reported) return
      reported = false
      events.recoveredFromTrouble()
    },
  }
}
