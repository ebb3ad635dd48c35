import { clock } from '../common/clock.js'
import { noAnswer } from './no-answer.js'

const TRY_EVERY_MS = 1000

/** Decides whether to try the disk. While the disk fails, only one write a second tries it, so that a dead disk costs nothing. */
export interface DiskState {
  readonly isFailing: boolean
  /** It fails, and did not even answer when it was last tried. A disk that is only full can be read. */
  readonly isSilent: boolean
  /** `probe`: this write tries the disk although the last one failed. */
  admit(writesUnderWay: number): 'yes' | 'probe' | 'no'
  failed(error: unknown): void
  /** It has not answered in time. */
  unanswered(): void
  worked(): void
}

export function newDiskState(events: {
  troubled(error: Error): void
  recoveredFromTrouble(): void
}): DiskState {
  let isFailing = false
  let isSilent = false
  let nextTryAt = 0
  const fail = (error: unknown): void => {
    nextTryAt = clock.now() + TRY_EVERY_MS
    if (isFailing) return
    isFailing = true
    events.troubled(error instanceof Error ? error : new Error(String(error)))
  }
  return {
    get isFailing() {
      return isFailing
    },
    get isSilent() {
      return isSilent
    },
    admit(writesUnderWay) {
      if (!isFailing) return 'yes'
      // A probe behind a write that hangs would find out nothing.
      if (writesUnderWay > 0 || clock.now() < nextTryAt) return 'no'
      nextTryAt = clock.now() + TRY_EVERY_MS
      return 'probe'
    },
    failed(error) {
      isSilent = false
      fail(error)
    },
    unanswered() {
      isSilent = true
      fail(noAnswer())
    },
    worked() {
      if (!isFailing) return
      isFailing = false
      isSilent = false
      events.recoveredFromTrouble()
    },
  }
}
