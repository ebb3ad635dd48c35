import type { Limits, Table } from '@spanhouse/transform'
import type { CompactForm, ResourceForm } from '@spanhouse/transform/internal'
import type { Rows } from '../batching/batch.js'
import { Batch, type CompressedBatch, isCompressed } from '../batching/batch.js'
import type { Batcher } from '../batching/batcher.js'
import { OpenBatches } from '../batching/open-batches.js'
import { newRowEncoder, type RowEncoder } from '../batching/row-encoder.js'
import { canLead, type Insert } from '../clickhouse/insert.js'
import type { Compression, DestinationConfig, Records, Signal } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import type { Entry, Receipt } from '../delivery/entry.js'
import type { PutOptions, Spool } from '../spool/spool.js'
import type { Stored } from '../spool/stored.js'

type Compress = (batch: Batch, compression: Compression) => Promise<void>

// Upper bound, in bytes, on the part of a statement that depends on the rows. A server takes statements of 262,144 bytes (max_query_size).
const MAX_STATEMENT = 150_000
// The same for a statement in a URL, percent-encoded. Proxies pass on URLs of 8 KiB.
const MAX_IN_URL = 5000

/** Limits that apply to every row, whatever its destination. */
export interface RowLimits {
  readonly limits: Limits
  /** Size of one encoded row, before compression. */
  readonly maxRowBytes: number
}

/** Destinations that agree on the schema of a signal, batch limits and compression: they share every batch of that signal. */
export class Lane<On extends Signal = Signal> {
  readonly destinations: readonly Destination[]
  readonly #signal: On
  readonly #schema: Table<Records[On]>
  readonly #config: DestinationConfig
  readonly #maxRowBytes: number
  readonly #encoder: RowEncoder<Records[On]>
  readonly #open: OpenBatches
  readonly #compress: Compress
  #receipts: Promise<Receipt>[] | undefined

  constructor(
    signal: On,
    config: DestinationConfig,
    destinations: readonly Destination[],
    { limits, maxRowBytes }: RowLimits,
    compress: Compress,
  ) {
    this.#signal = signal
    this.#schema = config.targets[signal].schema
    this.#config = config
    this.destinations = destinations
    this.#maxRowBytes = maxRowBytes
    this.#compress = compress
    this.#encoder = newRowEncoder(this.#schema, limits)
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

  add(record: Records[On]): void {
    try {
      this.#add(record)
    } catch (error) {
      // Our own tables do not throw; a table that the user defined may.
      this.#refuse('encode_error', error instanceof Error ? error : new Error(String(error)))
    }
  }

  seal(): void {
    this.#open.seal()
  }

  /** Adds records, seals, and returns the receipts of all batches that contain them. */
  addAndSeal(records: readonly Records[On][]): Promise<Receipt>[] {
    const receipts: Promise<Receipt>[] = []
    this.#receipts = receipts
    for (const record of records) this.add(record)
    this.seal()
    this.#receipts = undefined
    return receipts
  }

  #add(record: Records[On]): void {
    const constants = this.#resourceFormOf(record)
    const partition = this.#schema.partitionDay?.(record)
    let batcher = this.#open.of(constants)
    const start = batcher.bytes
    let isRow = this.#write(record, batcher)
    if (isRow && !batcher.fits(partition)) {
      batcher.writer.length = start
      batcher.seal()
      batcher = this.#open.of(constants)
      isRow = this.#write(record, batcher) // again, because the row refers to key lists of the sealed batch
    }
    if (isRow) {
      batcher.commit(partition)
      this.#open.sealIfFull()
    } else {
      this.#refuse('too_large')
    }
  }

  /** False if the row is too long. A row that is too long or incomplete is removed from the buffer. */
  #write(record: Records[On], { writer, keyLists, isCompact }: Batcher): boolean {
    const start = writer.length
    let isRow = false
    try {
      this.#encoder.encode(record, writer, isCompact ? keyLists : undefined)
      isRow = writer.length - start <= this.#maxRowBytes
    } finally {
      if (!isRow) writer.length = start
    }
    return isRow
  }

  #resourceFormOf(record: Records[On]): ResourceForm | undefined {
    // No closure here: it would be allocated for every record.
    for (let index = 0; index < this.destinations.length; index++)
      if (!this.destinations[index]?.takesCompactRows(this.#signal)) return undefined
    return this.#encoder.resourceFormOf(record)
  }

  #refuse(reason: 'too_large' | 'encode_error', error?: Error): void {
    for (const destination of this.destinations) {
      destination.refuse(1, reason, error)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }

  async #dispatch(rows: Rows, common: CompactForm | undefined): Promise<void> {
    const batch = Batch.of(rows, this.#config.compression, common)
    const entries = new Map<Destination, Entry>()
    batch.want() // until every destination has been asked
    for (const destination of this.destinations) {
      const entry = destination.offer(batch)
      entries.set(destination, entry)
      this.#receipts?.push(entry.receipt)
    }
    batch.unwant()
    try {
      await this.#compress(batch, this.#config.compression)
      if (isCompressed(batch)) await this.#hand(batch, entries)
    } catch (error) {
      for (const [destination, entry] of entries) destination.abandon(entry, error as Error)
    }
  }

  /** Hands the batch to its destinations. If a destination has a spool, the batch is put on disk before it may be sent. */
  async #hand(batch: CompressedBatch, entries: ReadonlyMap<Destination, Entry>): Promise<void> {
    const inserts = new Map(
      [...entries.keys()].map((one) => [one, one.insertOf(batch, this.#signal)]),
    )
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

/** Destinations share a lane if they agree on schema, batch limits, compression and `asyncInsert`. Schemas are compared by identity. */
export function lanesOf<On extends Signal>(
  signal: On,
  destinations: readonly Destination[],
  rowLimits: RowLimits,
  compress: Compress,
): Lane<On>[] {
  const groups: Destination[][] = []
  for (const destination of destinations) {
    const group = groups.find(([first]) => first && agree(signal, first.config, destination.config))
    if (group) group.push(destination)
    else groups.push([destination])
  }
  return groups.flatMap((group) =>
    group[0] ? [new Lane(signal, group[0].config, group, rowLimits, compress)] : [],
  )
}

function agree(signal: Signal, a: DestinationConfig, b: DestinationConfig): boolean {
  const shared = ({ batch, compression, asyncInsert }: DestinationConfig) =>
    JSON.stringify([batch, compression, asyncInsert])
  return a.targets[signal].schema === b.targets[signal].schema && shared(a) === shared(b)
}

/** Upper bound on the size of the record on disk, which is reached if all of these destinations share it. */
function recordBytes(batch: CompressedBatch, inserts: ReadonlyMap<Destination, Insert>): number {
  const heads = [...inserts].map(([{ config }, insert]) => JSON.stringify([config.name, insert]))
  return batch.compressed.body.length + Buffer.byteLength(heads.join('')) + 256
}

function lengthInUrl(text: string): number {
  return new URLSearchParams([[text, '']]).toString().length
}
