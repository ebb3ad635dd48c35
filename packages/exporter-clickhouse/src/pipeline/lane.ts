import type { Limits, Table } from '@spanhouse/transform'
import type { ResourceForm } from '@spanhouse/transform/internal'
import type { Batcher } from '../batching/batcher.js'
import { OpenBatches } from '../batching/open-batches.js'
import { newRowEncoder, type RowEncoder } from '../batching/row-encoder.js'
import { canLead } from '../clickhouse/insert.js'
import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import type { Receipt } from '../delivery/entry.js'
import type { HandOver } from './hand-over.js'

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

/** The rows for one table. */
interface Sheet<Input> {
  /** The index of the target. */
  readonly target: number
  readonly schema: Table<Input>
  readonly encoder: RowEncoder<Input>
  readonly open: OpenBatches
}

/** Destinations that agree on tables, batch limits and compression: they share every batch. */
export class Lane<Input> {
  readonly destinations: readonly Destination[]
  readonly #config: DestinationConfig<Input>
  readonly #maxRowBytes: number
  readonly #maxBytes: number
  readonly #sheets: readonly Sheet<Input>[]
  #receipts: Promise<Receipt>[] | undefined

  constructor(
    config: DestinationConfig<Input>,
    destinations: readonly Destination[],
    { limits, maxRowBytes }: RowLimits,
    handOver: HandOver,
  ) {
    this.#config = config
    this.destinations = destinations
    this.#maxRowBytes = maxRowBytes
    // A batch must have room in every queue, also while the one before it is still there.
    const room = Math.min(...destinations.map((one) => one.config.queue.maxBytes / 2))
    const leads = canLead(config.compression.codec)
    const maxStatement = Math.min(leads ? MAX_STATEMENT : MAX_IN_URL, room / 4)
    this.#maxBytes = Math.min(config.batch.maxBytes, room - maxStatement)
    const batch = {
      ...config.batch,
      maxBytes: this.#maxBytes,
      maxStatement,
      lengthOf: leads ? Buffer.byteLength : lengthInUrl,
    }
    this.#sheets = config.targets.map(({ schema }, target) => ({
      target,
      schema,
      encoder: newRowEncoder(schema, limits),
      open: new OpenBatches(batch, (rows, common) => {
        const receipts = handOver({ target, rows, common, config, destinations })
        this.#receipts?.push(...receipts)
      }),
    }))
  }

  get openRows(): number {
    return this.#sheets.reduce((sum, { open }) => sum + open.rows, 0)
  }

  get openBytes(): number {
    return this.#sheets.reduce((sum, { open }) => sum + open.bytes, 0)
  }

  add(record: Input): void {
    try {
      this.#add(record)
    } catch (error) {
      // Our own tables do not throw; a table that the user defined may.
      this.#refuse('encode_error', error instanceof Error ? error : new Error(String(error)))
    }
  }

  seal(): void {
    for (const { open } of this.#sheets) open.seal()
  }

  /** Adds records, seals, and returns the receipts of all batches that contain them. */
  addAndSeal(records: readonly Input[]): Promise<Receipt>[] {
    const receipts: Promise<Receipt>[] = []
    this.#receipts = receipts
    for (const record of records) this.add(record)
    this.seal()
    this.#receipts = undefined
    return receipts
  }

  #add(record: Input): void {
    const sheet = this.#sheetOf(record)
    const constants = this.#resourceFormOf(sheet, record)
    const partition = sheet.schema.partitionDay?.(record)
    let batcher = sheet.open.of(constants)
    const start = batcher.bytes
    let isRow = this.#write(sheet, record, batcher)
    if (isRow && !batcher.fits(partition)) {
      batcher.writer.length = start
      batcher.seal()
      batcher = sheet.open.of(constants)
      isRow = this.#write(sheet, record, batcher) // again, because the row refers to key lists of the sealed batch
    }
    if (!isRow) {
      this.#refuse('too_large')
      return
    }
    batcher.commit(partition)
    sheet.open.sealIfFull()
    // The bound on bytes is for the batches of all tables together.
    if (this.#sheets.length > 1 && this.openBytes >= this.#maxBytes) this.seal()
  }

  #sheetOf(record: Input): Sheet<Input> {
    const index = this.#config.targetOf?.(record) ?? 0
    return (this.#sheets[index] ?? this.#sheets[0]) as Sheet<Input>
  }

  /** False if the row is too long. A row that is too long or incomplete is removed from the buffer. */
  #write(
    { encoder }: Sheet<Input>,
    record: Input,
    { writer, keyLists, isCompact }: Batcher,
  ): boolean {
    const start = writer.length
    let isRow = false
    try {
      encoder.encode(record, writer, isCompact ? keyLists : undefined)
      isRow = writer.length - start <= this.#maxRowBytes
    } finally {
      if (!isRow) writer.length = start
    }
    return isRow
  }

  #resourceFormOf({ target, encoder }: Sheet<Input>, record: Input): ResourceForm | undefined {
    // No closure here: it would be allocated for every record.
    for (let index = 0; index < this.destinations.length; index++)
      if (!this.destinations[index]?.takesCompactRows(target)) return undefined
    return encoder.resourceFormOf(record)
  }

  #refuse(reason: 'too_large' | 'encode_error', error?: Error): void {
    for (const destination of this.destinations) {
      destination.refuse(1, reason, error)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }
}

/**
 * Destinations share a lane if they agree on tables, batch limits, compression and `asyncInsert`. Tables are compared by identity.
 * `destinations`: one for each configuration, in the same order.
 */
export function lanesOf<Input>(
  configs: readonly DestinationConfig<Input>[],
  destinations: readonly Destination[],
  rowLimits: RowLimits,
  handOver: HandOver,
): Lane<Input>[] {
  const groups: { config: DestinationConfig<Input>; destinations: Destination[] }[] = []
  for (const [index, destination] of destinations.entries()) {
    const config = configs[index] as DestinationConfig<Input>
    const group = groups.find((one) => agree(one.config, config))
    if (group) group.destinations.push(destination)
    else groups.push({ config, destinations: [destination] })
  }
  return groups.map((one) => new Lane(one.config, one.destinations, rowLimits, handOver))
}

function agree(a: DestinationConfig, b: DestinationConfig): boolean {
  const shared = ({ batch, compression, asyncInsert }: DestinationConfig) =>
    JSON.stringify([batch, compression, asyncInsert])
  const hasTablesOf = (other: DestinationConfig) =>
    a.targets.every(({ schema }, index) => schema === other.targets[index]?.schema)
  return a.targets.length === b.targets.length && hasTablesOf(b) && shared(a) === shared(b)
}

function lengthInUrl(text: string): number {
  return new URLSearchParams([[text, '']]).toString().length
}
