import { clock } from '../common/clock.js'

const TRY_EVERY_MS = 1000

/** Decides whether to try the disk. While the disk fails, only one write a second tries it, so that a dead disk costs nothing. */
export interface Trouble {
  readonly reported: boolean
  /** `probe`: this write tries the disk although the last one failed. */
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
      // A probe behind a write that hangs would find out nothing.
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
