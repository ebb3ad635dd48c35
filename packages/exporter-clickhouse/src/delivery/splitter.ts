import { insertOf } from '../clickhouse/insert.js'
import type { Rejection } from '../clickhouse/outcome.js'
import type { DestinationConfig } from '../config/config.js'
import { nameOnDisk } from '../config/name-on-disk.js'
import type { Spool } from '../spool/spool.js'
import type { Stored } from '../spool/stored.js'
import { Entry } from './entry.js'
import type { Holdings } from './holdings.js'
import type { KnownTables } from './known-tables.js'
import { type Part, partsOf, unitedOf, wholeOf } from './parts.js'
import { newWholeRecord } from './whole-record.js'

interface Surroundings {
  readonly config: DestinationConfig
  readonly holdings: Holdings
  readonly tables: KnownTables
  readonly spool: Spool | undefined
  /** Aborts when the destination closes. */
  readonly closing: AbortSignal
  /** Entries may have become ready. */
  readonly pump: () => void
  /** Divides the rest of a batch whose other part was taken. */
  readonly divide: (entry: Entry, rejection: Rejection) => void
}

/** Makes new batches of rows that were certainly not written. */
export class Splitter {
  readonly #with: Surroundings

  constructor(surroundings: Surroundings) {
    this.#with = surroundings
  }

  /** Unites several batches, none of them attempted yet, into one. Undefined if the destination has closed meanwhile. */
  async unite(entries: readonly Entry[]): Promise<Entry | undefined> {
    const { config, holdings, tables, closing } = this.#with
    const parts = entries.map(({ batch, insert }) => ({ batch, insert }) as Part)
    const batch = await unitedOf(parts, config.compression)
    if (closing.aborted) return undefined
    const [first] = parts
    const target = first && tables.of(first.insert).target
    const united = Entry.of(batch)
    united.insert = target && insertOf(target, config, batch)
    if (!united.insert || !holdings.replace(entries, [united]))
      throw new Error('bug: a batch left the queue while it was united with others')
    for (const entry of entries) void united.receipt.then(entry.acknowledge)
    united.to('ready')
    united.to('in_flight')
    return united
  }

  /** Makes compact rows whole, which is the form that every server takes. */
  async makeWhole(entry: Entry, part: Part): Promise<void> {
    const whole = await wholeOf(part, this.#with.config.compression)
    if (!whole) return
    const [heir] = await this.#heirsOf(entry, [whole])
    if (!heir || !this.#replace(entry, [heir])) return
    heir.wasCompact = true
    heir.tokenSince = entry.tokenSince // its token stays (`insertOfWhole`)
    heir.onVerdict = entry.onVerdict // a sibling may wait for the outcome of these rows, whatever their form
    entry.onVerdict = undefined
    await this.#forget(entry, [heir])
    release(heir)
  }

  /** Halves the batch, or cuts out the row that the server names. False if the batch was settled meanwhile. */
  async divide(entry: Entry, part: Part, { status, error, row }: Rejection): Promise<boolean> {
    // The server's "at row N" is used as a hint once; afterwards halving bounds the number of requests. It is never used for a batch that
    // is on disk or may still be written there: a process that takes it over while this one is stopped may divide it too, and must get
    // the same parts.
    const hint = entry.divided || entry.mayBeOnDisk ? undefined : row
    const parts = await partsOf(part, hint, this.#with.config.compression)
    const heirs = await this.#heirsOf(entry, parts)
    if (!this.#replace(entry, heirs)) return false
    await this.#forget(entry, heirs)
    const [first, second] = heirs
    if (status === 'rejected' && first && second) this.#holdBack(second, first, error)
    for (const heir of heirs) release(heir)
    return true
  }

  async #heirsOf(entry: Entry, parts: readonly Part[]): Promise<Entry[]> {
    return Promise.all(
      parts.map(async (part) =>
        entry.heir(part.batch, part.insert, await this.#putOnDisk(part, entry.stored)),
      ),
    )
  }

  /** False if the batch was settled meanwhile, or is left to the next process as it is. */
  #replace(entry: Entry, heirs: readonly Entry[]): boolean {
    const { holdings, spool, closing } = this.#with
    if (!closing.aborted && holdings.replace([entry], heirs)) {
      entry.acknowledge('waiting')
      return true
    }
    for (const { stored } of heirs) if (stored) spool?.remove(stored)
    return false
  }

  /**
   * Removes the whole batch from disk. Resolves when it cannot come back; only then may its heirs be sent. A batch that came back might
   * be divided in another way, and its rows would be inserted under other tokens.
   */
  async #forget({ stored, whole: of }: Entry, heirs: readonly Entry[]): Promise<void> {
    if (!stored) return
    const { holdings, spool, closing } = this.#with
    const inMemory = heirs.filter((heir) => !heir.stored)
    if (inMemory.length === 0) return spool?.replaced(stored)
    // The whole batch stays on disk as long as a part of it is only in memory.
    const whole = newWholeRecord(stored, of)
    for (const heir of heirs) heir.whole = whole
    void holdings.whenGone(inMemory, closing).then(() => holdings.removeWhole(whole))
  }

  async #putOnDisk({ batch, insert }: Part, of: Stored | undefined): Promise<Stored | undefined> {
    if (!of) return undefined
    const { spool, config } = this.#with
    const name = nameOnDisk(config)
    const stored = await spool?.put(batch, new Map([[name, insert]]), { of })
    return stored?.get(name)
  }

  /** If the first part is taken, the refused row is in the second, which then need not be tried: that saves half of the requests. */
  #holdBack(second: Entry, first: Entry, error: Error): void {
    if (first.state !== 'sealed' || second.state !== 'sealed') return // one of them was dropped meanwhile
    second.to('held')
    first.onVerdict = (taken) => {
      if (second.state !== 'held') return
      if (taken && second.rows > 1) {
        this.#with.divide(second, { status: 'rejected', error })
      } else {
        second.to('ready')
        this.#with.pump()
      }
    }
  }
}

/** Lets it be sent, unless it is held back or was dropped meanwhile. */
function release(heir: Entry): void {
  if (heir.state === 'sealed') heir.to('ready')
}
