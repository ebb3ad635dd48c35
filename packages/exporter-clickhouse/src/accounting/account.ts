import type { DropReason } from './drop-reason.js'

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

  deliver(rows: number): void {
    this.delivered += rows
    this.deliveries++
  }

  drop(rows: number, reason: DropReason): void {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + rows
  }
}
