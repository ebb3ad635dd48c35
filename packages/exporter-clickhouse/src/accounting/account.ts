import { clock } from '../common/clock.js'
import type { DropReason } from './drop-reason.js'
import type { Age } from './duplicates.js'

/** A moment in the life of a destination. */
export interface Moment {
  /** On the monotonic clock. */
  readonly at: number
  /** See `Account`. */
  readonly inserts: number
}

/** Counts what happened to a destination's rows, and the attempts to send them. */
export class Account {
  accepted = 0
  delivered = 0
  readonly dropped: Partial<Record<DropReason, number>> = {}
  errors = 0
  retries = 0
  hookErrors = 0
  slowHooks = 0
  /** Batches delivered. */
  deliveries = 0
  /** Batches that were taken, or may have been. */
  inserts = 0

  deliver(rows: number): void {
    this.delivered += rows
    this.deliveries++
  }

  drop(rows: number, reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + rows
  }

  /** This moment, or one before, of which the number of inserts is not known. */
  moment(agoMs = 0): Moment {
    return { at: clock.now() - agoMs, inserts: this.inserts }
  }

  since({ at, inserts }: Moment): Age {
    return { inserts: this.inserts - inserts, ms: clock.now() - at }
  }
}
