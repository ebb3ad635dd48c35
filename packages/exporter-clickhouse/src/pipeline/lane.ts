import { type Limits, newTally, type Table } from '@spanhouse/transform'
import { addTally, type ResourceForm } from '@spanhouse/transform/internal'
import { Alterations } from '../accounting/alterations.js'
import type { DropReason } from '../accounting/drop-reason.js'
import type { Parcel } from '../accounting/parcel.js'
import type { Rows } from '../batching/batch.js'
import type { Batcher } from '../batching/batcher.js'
import { OpenBatches } from '../batching/open-batches.js'
import { newRowEncoder, type RowEncoder } from '../batching/row-encoder.js'
import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import type { Receipt } from '../delivery/entry.js'
import type { DispatchedRow } from '../routing/dispatch.js'
import type { Router, RouterEnds } from '../routing/router.js'
import { withSource } from '../routing/source-column.js'
import { DispatchedSheets } from './dispatched-sheets.js'
import type { HandOver, Sealed } from './hand-over.js'
import { limitsOf } from './lane-limits.js'
import { routerOf, type Surroundings } from './lane-router.js'

/** What applies to every row, whatever its destination. */
export interface RowLimits {
  /** Whether the same records make the same batches again, because they may be exported again. */
  readonly repeatable: boolean
  readonly limits: Limits
  /** Size of one encoded row, before compression. */
  readonly maxRowBytes: number
}

/** The rows for one table, whose records a row is made of. */
export interface Sheet<Of> {
  readonly schema: Table<Of>
  readonly encoder: RowEncoder<Of>
  readonly open: OpenBatches
}

/** The rows for one of the configured tables. */
interface ConfiguredSheet<Input> extends Sheet<Input> {
  /** The index of the target. */
  readonly target: number
}

/** Destinations that agree on tables, batch limits, compression and routing: they share every batch. */
export class Lane<Input> {
  readonly destinations: readonly Destination[]
  readonly alterations: Alterations = new Alterations()
  readonly #config: DestinationConfig<Input>
  readonly #repeatable: boolean
  readonly #maxRowBytes: number
  readonly #maxBytes: number
  readonly #limits: Limits
  readonly #sheets: readonly ConfiguredSheet<Input>[]
  readonly #dispatched: DispatchedSheets<Input>
  /** Only if an option of routing is given, or if nothing may be sent. */
  readonly #router: Router<Input> | undefined
  #receipts: Promise<Receipt>[] | undefined
  /** The parcel of the rows that are being sealed. */
  #parcel: Parcel | undefined
  /** The parcel of the record that is being added. */
  #refusals: Parcel | undefined
  /** Why rows that are sealed are not handed over. */
  #abandons: DropReason | undefined

  constructor(
    config: DestinationConfig<Input>,
    destinations: readonly Destination[],
    { repeatable, limits, maxRowBytes }: RowLimits,
    handOver: HandOver,
    surroundings: Surroundings<Input>,
  ) {
    this.#config = config
    this.#repeatable = repeatable
    this.#limits = limits
    this.destinations = destinations
    this.#maxRowBytes = maxRowBytes
    const batch = limitsOf(config, destinations, repeatable)
    this.#maxBytes = batch.maxBytes
    const openOf = (target: Sealed['target']) =>
      new OpenBatches(batch, (rows, common, altered) => {
        const parcel = this.#parcel
        if (this.#abandons) {
          this.#leave(rows, this.#abandons)
          return
        }
        const receipts = handOver({ target, rows, common, config, destinations, parcel })
        this.#receipts?.push(...receipts)
        this.alterations.sealed(rows.rows, altered, destinations)
      })
    const { targets, route } = config
    this.#sheets = targets.map((one, target) => {
      const schema = route?.origin === undefined ? one.schema : withSource(one.schema)
      const encoder = newRowEncoder(schema, limits, this.alterations.tally)
      return { target, schema, encoder, open: openOf(target) }
    })
    this.#dispatched = new DispatchedSheets(config.targets, openOf)
    const ends = {
      ...surroundings,
      encode: (record: Input) => this.#encode(record),
      rowOf: (record: Input) => this.#rowOf(record),
      addRow: (row: DispatchedRow, record: Input) => this.#addDispatched(row, record),
      refuse: (error: Error) => this.#refuse('internal_error', error),
    }
    this.#router = routerOf(config, destinations, ends, (...why) => this.#refuse(...why))
  }

  /** Rows of open batches, and rows that wait for the decision about their trace. */
  get waitingRows(): number {
    let rows = this.#router?.waitingRows ?? 0
    for (const { open } of this.#opened()) rows += open.rows
    return rows
  }

  get waitingBytes(): number {
    return this.#openBytes + (this.#router?.waitingBytes ?? 0)
  }

  get #openBytes(): number {
    let bytes = 0
    for (const { open } of this.#opened()) bytes += open.bytes
    return bytes
  }

  add(record: Input): void {
    if (this.#router) this.#router.add(record)
    else this.#encode(record)
  }

  /** Decides about rows that wait for their trace, by what is known now. */
  decide(): void {
    this.#router?.decide()
  }

  /** No row waits for its trace any more. */
  close(): void {
    this.#router?.close()
  }

  seal(): void {
    for (const { open } of this.#opened()) open.seal()
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

  /** Adds records of a parcel. Batches that can be made again have rows of one parcel only: call `sealParcel()` after its last record. */
  addOf(parcel: Parcel, records: readonly Input[]): void {
    if (this.#repeatable) this.#parcel = parcel
    this.#refusals = parcel
    for (const record of records) this.add(record)
    this.#parcel = undefined
    this.#refusals = undefined
  }

  sealParcel(parcel: Parcel): void {
    if (!this.#repeatable) return
    this.#parcel = parcel
    this.seal()
    this.#parcel = undefined
  }

  /**
   * Drops the rows of a parcel that are in no batch yet, because its other records do not come: they would make a batch that the parcel does
   * not make when it is exported again.
   */
  abandonParcel(parcel: Parcel, reason: DropReason): void {
    this.#abandons = reason
    this.sealParcel(parcel)
    this.#abandons = undefined
  }

  #leave({ rows, release }: Rows, reason: DropReason): void {
    release?.()
    for (const destination of this.destinations) {
      destination.refuse(rows, reason)
      this.#parcel?.courseAt(destination.config.name).refuse(rows, reason)
    }
  }

  #opened(): readonly Pick<Sheet<Input>, 'open'>[] {
    return [...this.#sheets, ...this.#dispatched.all()]
  }

  #encode(record: Input): void {
    try {
      const sheet = this.#sheetOf(record)
      this.#add(sheet, record, this.#resourceFormOf(sheet, record))
    } catch (error) {
      // Our own tables do not throw; a table that the user defined may.
      this.#refuse('encode_error', error as Error)
    }
  }

  #rowOf(record: Input): ReturnType<RouterEnds<Input>['rowOf']> {
    try {
      const { schema, target } = this.#sheetOf(record)
      const { table } = this.#config.targets[target] ?? this.#config.targets[0]
      const tally = newTally()
      const row = schema.toRow(record, tally, this.#limits)
      return { row, table, taken: () => addTally(this.alterations.tally, tally) }
    } catch {
      return undefined
    }
  }

  #addDispatched(row: DispatchedRow, record: Input): void {
    try {
      this.#add(this.#dispatched.of(row), { line: row.line, record }, undefined)
      if (this.#openBytes >= this.#maxBytes) this.seal()
    } catch (error) {
      this.#refuse('encode_error', error as Error)
    }
  }

  #add<Of>(sheet: Sheet<Of>, record: Of, constants: ResourceForm | undefined): void {
    const partition = sheet.schema.partitionDay?.(record)
    let batcher = sheet.open.of(constants)
    const start = batcher.bytes
    let isRow = this.#write(sheet, record, batcher)
    if (isRow && !batcher.fits(partition)) {
      batcher.writer.length = start
      batcher.seal()
      batcher = sheet.open.of(constants)
      const counted = { ...this.alterations.tally }
      isRow = this.#write(sheet, record, batcher) // again, because the row refers to key lists of the sealed batch
      Object.assign(this.alterations.tally, counted) // what is altered in the row has been counted
    }
    if (!isRow) {
      this.#refuse('too_large')
      return
    }
    batcher.commit(partition)
    sheet.open.sealIfFull()
    // The bound on bytes is for the batches of all tables together.
    if (this.#sheets.length > 1 && this.#openBytes >= this.#maxBytes) this.seal()
  }

  #sheetOf(record: Input): ConfiguredSheet<Input> {
    const index = this.#config.targetOf?.(record) ?? 0
    return (this.#sheets[index] ?? this.#sheets[0]) as ConfiguredSheet<Input>
  }

  /** False if the row is too long. A row that is too long or incomplete is removed from the buffer. */
  #write<Of>(
    { encoder }: Sheet<Of>,
    record: Of,
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

  #resourceFormOf(
    { target, encoder }: ConfiguredSheet<Input>,
    record: Input,
  ): ResourceForm | undefined {
    // What a table has refused before is not known to the next process, which must make the same batches.
    if (this.#repeatable)
      return this.#config.asyncInsert ? undefined : encoder.resourceFormOf(record)
    // No closure here: it would be allocated for every record.
    for (let index = 0; index < this.destinations.length; index++)
      if (!this.destinations[index]?.takesCompactRows(target)) return undefined
    return encoder.resourceFormOf(record)
  }

  #refuse(reason: DropReason, error?: Error): void {
    for (const destination of this.destinations) {
      destination.refuse(1, reason, error)
      this.#refusals?.courseAt(destination.config.name).refuse(1, reason)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }
}
