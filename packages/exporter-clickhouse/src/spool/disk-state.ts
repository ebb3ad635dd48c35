import { clock } from '../common/clock.js'

const TRY_EVERY_MS = 1000

/** Decides whether to try the disk. While the disk fails, only one write a second tries it, so that a dead disk costs nothing. */
export interface DiskState {
  readonly isFailing: boolean
  /** `probe`: this write tries the disk although the last one failed. */
  admit(writesUnderWay: number): 'yes' | 'probe' | 'no'
  failed(error: unknown): void
  worked(): void
}

export function newDiskState(events: {
  troubled(error: Error): void
  recoveredFromTrouble(): void
}): DiskState {
  let isFailing = false
  let nextTryAt = 0
  return {
    get isFailing() {
      return isFailing
    },
    admit(writesUnderWay) {
      if (!isFailing) return 'yes'
      // A probe behind a write that hangs would find out nothing.
      if (writesUnderWay > 0 || clock.now() < nextTryAt) return 'no'
      nextTryAt = clock.now() + TRY_EVERY_MS
      return 'probe'
    },
    failed(error) {
      nextTryAt = clock.now() + TRY_EVERY_MS
      if (isFailing) return
      isFailing = true
      events.troubled(error instanceof Error ? error : new Error(String(error)))
    },
    worked() {
      if (!isFailing) return
      isFailing = false
      events.recoveredFromTrouble()
    },
  }
}
