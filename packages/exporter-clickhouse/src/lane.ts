import type { Limits, SpanLike } from '@spanhouse/transform'
import type {
  CompactForm as Common,
  ResourceForm as Constants,
} from '@spanhouse/transform/internal'
import { Batch, isPressed, type PressedBatch } from './batch.js'
import type { Batcher, Rows } from './batcher.js'
import type { Compression, DestinationConfig } from './config.js'
import type { Destination } from './destination.js'
import type { Entry, Receipt } from './entry.js'
import { canLead, type Insert } from './insert.js'
import { OpenBatches } from './open-batches.js'
import { newRowEncoder, type RowEncoder } from './row-encoder.js'
import type { PutOptions, Spool, Stored } from './spool.js'

type Press = (batch: Batch, compression: Compression) => Promise<void>

// What of a statement comes from the rows, in bytes: a server takes 262,144 in all (max_query_size).
const MAX_STATEMENT = 150_000
// The same in a URL, encoded: 8 KiB is what proxies pass on.
const MAX_IN_URL = 5000

/** What holds for every row, whatever its destination. */
export interface RowLimits {
  readonly limits: Limits
  /** Of one row as it travels. */
  readonly maxRowBytes: number
}

/** Destinations that agree on schema, batch limits and compression: they share every batch. */
export class Lane {
  readonly destinations: readonly Destination[]
  readonly #config: DestinationConfig
  readonly #maxRowBytes: number
  readonly #encoder: RowEncoder
  readonly #open: OpenBatches
  readonly #press: Press
  #receipts: Promise<Receipt>[] | undefined

  constructor(
    config: DestinationConfig,
    destinations: readonly Destination[],
    { limits, maxRowBytes }: RowLimits,
    press: Press,
  ) {
    this.#config = config
    this.destinations = destinations
    this.#maxRowBytes = maxRowBytes
    this.#press = press
    this.#encoder = newRowEncoder(config.schema, limits)
    // A batch must have room in every queue, also while the one before it is still there.
    const room = Math.min(...destinations.map((one) => one.config.queue.maxBytes / 2))
    const leads = canLead(config.compression.codec)
    const maxStatement = Math.min(leads ? MAX_STATEMENT : MAX_IN_URL, room / 4)
    const batch = {
      ...config.batch,
      maxBytes: Math.min(config.batch.maxBytes, room - maxStatement),
      maxStatement,
      lengthOf: leads ? Buffer.byteLength : lengthInUrl,
    }
    this.#open = new OpenBatches(batch, (...sealed) => void this.#dispatch(...sealed))
  }

  get openRows(): number {
    return this.#open.rows
  }

  get openBytes(): number {
    return this.#open.bytes
  }

  add(span: SpanLike): void {
    try {
      this.#add(span)
    } catch (error) {
      // Our tables do not throw; a table of the user's may.
      this.#refuse('encode_error', error instanceof Error ? error : new Error(String(error)))
    }
  }

  seal(): void {
    this.#open.seal()
  }

  /** Adds spans, seals, and returns the receipts of every batch that came of them. */
  addAndSeal(spans: readonly SpanLike[]): Promise<Receipt>[] {
    const receipts: Promise<Receipt>[] = []
    this.#receipts = receipts
    for (const span of spans) this.add(span)
    this.seal()
    this.#receipts = undefined
    return receipts
  }

  #add(span: SpanLike): void {
    const constants = this.#constantsOf(span)
    const partition = this.#config.schema.partitionDay?.(span)
    let batcher = this.#open.of(constants)
    const start = batcher.bytes
    let isRow = this.#write(span, batcher)
    if (isRow && !batcher.fits(partition)) {
      batcher.writer.length = start
      batcher.seal()
      batcher = this.#open.of(constants)
      isRow = this.#write(span, batcher) // again, because the row refers to key lists of the sealed batch
    }
    if (isRow) {
      batcher.commit(partition)
      this.#open.sealIfFull()
    } else {
      this.#refuse('too_large')
    }
  }

  /** False if the row is too long. What is no row is taken back. */
  #write(span: SpanLike, { writer, keyLists, isCompact }: Batcher): boolean {
    const start = writer.length
    let isRow = false
    try {
      this.#encoder.encode(span, writer, isCompact ? keyLists : undefined)
      isRow = writer.length - start <= this.#maxRowBytes
    } finally {
      if (!isRow) writer.length = start
    }
    return isRow
  }

  #constantsOf(span: SpanLike): Constants | undefined {
    return this.destinations.every(takesCompactRows) ? this.#encoder.constantsOf(span) : undefined
  }

  #refuse(reason: 'too_large' | 'encode_error', error?: Error): void {
    for (const destination of this.destinations) {
      destination.refuse(1, reason, error)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }

  async #dispatch(rows: Rows, common: Common | undefined): Promise<void> {
    const batch = Batch.of(rows, this.#config.compression, common)
    const entries = new Map<Destination, Entry>()
    batch.want() // until all were asked
    for (const destination of this.destinations) {
      const entry = destination.offer(batch)
      entries.set(destination, entry)
      this.#receipts?.push(entry.receipt)
    }
    batch.unwant()
    try {
      await this.#press(batch, this.#config.compression)
      if (isPressed(batch)) await this.#hand(batch, entries)
    } catch (error) {
      for (const [destination, entry] of entries) destination.abandon(entry, error as Error)
    }
  }

  /** Each destination's insert is on disk, where it has one, before the destination may send it. */
  async #hand(batch: PressedBatch, entries: ReadonlyMap<Destination, Entry>): Promise<void> {
    const inserts = new Map([...entries.keys()].map((one) => [one, one.insertOf(batch)]))
    const bytes = recordBytes(batch, inserts)
    const bySpool = new Map<Spool | undefined, Map<Destination, Insert>>()
    for (const [destination, insert] of inserts) {
      const { spool } = destination
      const entry = entries.get(destination)
      if (!entry || (spool && !destination.makeRoomOnDisk(entry, bytes))) continue
      const group = bySpool.get(spool) ?? new Map<Destination, Insert>()
      bySpool.set(spool, group.set(destination, insert))
    }
    await Promise.all(
      [...bySpool].map(async ([spool, inserts]) => {
        const byName = new Map([...inserts].map(([{ config }, insert]) => [config.name, insert]))
        let late: Promise<ReadonlyMap<string, Stored>> | undefined
        const options: PutOptions = {
          late(coming) {
            late = coming
          },
        }
        const stored: ReadonlyMap<string, Stored> = spool
          ? await spool.put(batch, byName, options)
          : new Map()
        for (const [destination, insert] of inserts) {
          const entry = entries.get(destination)
          const { name } = destination.config
          const comesLate = late?.then((all) => all.get(name))
          if (entry) destination.ready(entry, insert, stored.get(name), comesLate)
        }
      }),
    )
  }
}

function takesCompactRows(destination: Destination): boolean {
  return destination.takesCompactRows
}

/** What destinations must have in common to share a lane; schemas are compared by identity. */
export function lanesOf(
  destinations: readonly Destination[],
  rowLimits: RowLimits,
  press: Press,
): Lane[] {
  const groups: Destination[][] = []
  for (const destination of destinations) {
    const group = groups.find(([first]) => first && agree(first.config, destination.config))
    if (group) group.push(destination)
    else groups.push([destination])
  }
  return groups.flatMap((group) =>
    group[0] ? [new Lane(group[0].config, group, rowLimits, press)] : [],
  )
}

function agree(a: DestinationConfig, b: DestinationConfig): boolean {
  const shared = ({ batch, compression, asyncInsert }: DestinationConfig) =>
    JSON.stringify([batch, compression, asyncInsert])
  return a.schema === b.schema && shared(a) === shared(b)
}

/** At most so many, if all of them share a record. */
function recordBytes(batch: PressedBatch, inserts: ReadonlyMap<Destination, Insert>): number {
  const heads = [...inserts].map(([{ config }, insert]) => JSON.stringify([config.name, insert]))
  return batch.pressed.body.length + Buffer.byteLength(heads.join('')) + 256
}

function lengthInUrl(text: string): number {
  return new URLSearchParams([[text, '']]).toString().length
}
