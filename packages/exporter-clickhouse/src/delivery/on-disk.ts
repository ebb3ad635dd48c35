import type { DestinationConfig } from '../config/config.js'
import { nameOnDisk } from '../config/name-on-disk.js'
import type { Spool } from '../spool/spool.js'
import type { Stored } from '../spool/stored.js'
import { DiskRoom } from './disk-room.js'
import type { Entry } from './entry.js'
import type { Holdings } from './holdings.js'
import { newWholeRecord } from './whole-record.js'

/** The batches of one destination that are on disk, or are being written there. */
export class OnDisk {
  readonly room: DiskRoom
  readonly #config: DestinationConfig
  readonly #holdings: Holdings
  readonly #closing: AbortSignal

  constructor(
    config: DestinationConfig,
    holdings: Holdings,
    spool: Spool | undefined,
    closing: AbortSignal,
  ) {
    this.#config = config
    this.#holdings = holdings
    this.#closing = closing
    this.room = new DiskRoom(
      config.spool?.maxBytes ?? 0,
      () => spool?.bytesOf(nameOnDisk(config)) ?? 0,
    )
  }

  /** Drops batches until `bytes` more fit on disk. False if this batch itself was dropped. */
  makeRoom(entry: Entry, bytes: number): boolean {
    const holdings = this.#holdings
    if (this.room.isTooLarge(bytes)) holdings.drop(entry, 'spool_full')
    while (holdings.has(entry) && !this.room.has(bytes))
      holdings.drop(holdings.queue.victimOnDisk(entry), 'spool_full')
    if (!holdings.has(entry)) return false
    this.room.reserve(entry, bytes)
    return true
  }

  /** A batch that reaches the disk late stays there until its last row is delivered or dropped: `export()` has acknowledged it. */
  awaitLate(entry: Entry, late: Promise<Stored | undefined>): void {
    const holdings = this.#holdings
    const waiting = holdings.has(entry) ? [entry] : []
    const gone = holdings.whenGone(waiting, this.#closing)
    const whole = newWholeRecord(undefined, entry.whole)
    entry.whole = whole // it may be divided meanwhile
    void late.then(async (stored) => {
      this.room.release(entry)
      holdings.room.happened()
      if (!stored) return
      if (holdings.has(entry)) {
        entry.store(stored)
        holdings.queue.unload(entry)
      } else {
        whole.stored = stored
        await gone // perhaps it was divided, and its parts are only in memory
        holdings.removeWhole(whole)
      }
    })
  }

  /** A batch on disk turned out to be damaged; the spool has moved it aside. */
  corrupted(stored: Stored): void {
    const where = this.#config.spool?.directory
    const error = new Error(
      `records in ${where} are damaged (and kept in corrupt/) or were deleted`,
    )
    for (const entry of this.#holdings)
      if (entry.stored === stored) this.#holdings.drop(entry, 'spool_corrupt', error)
  }

  /** Leaves batches on disk to the newer version that wrote them. */
  leave(stored: readonly Stored[]): void {
    const left = new Set(stored)
    for (const entry of this.#holdings)
      if (entry.stored && left.has(entry.stored)) this.#holdings.handOver(entry)
  }
}
