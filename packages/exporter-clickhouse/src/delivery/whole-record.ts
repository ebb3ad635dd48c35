import type { Stored } from '../spool/stored.js'

/**
 * The record of a batch that was divided. It stays on disk as long as a part of the batch is only in memory. If the process ends before, the
 * next one finds it and sends the whole batch.
 */
export interface WholeRecord {
  /** Undefined while it is not on disk: a disk that hangs may still take it, or it was removed. */
  stored: Stored | undefined
  /** The record of the batch that this one is a part of. */
  readonly of: WholeRecord | undefined
  /** Rows of its parts that were delivered. */
  delivered: number
}

export function newWholeRecord(
  stored: Stored | undefined,
  of: WholeRecord | undefined,
): WholeRecord {
  return { stored, of, delivered: 0 }
}

/** Counts delivered rows for each record that holds them. */
export function countDelivered(record: WholeRecord | undefined, rows: number): void {
  for (let one = record; one; one = one.of) one.delivered += rows
}

/** The record that the next process would send, of those that hold the same rows: it deletes parts whose whole batch it finds. */
export function outermost(record: WholeRecord): WholeRecord {
  let found = record
  for (let one = record.of; one; one = one.of) if (one.stored) found = one
  return found
}
