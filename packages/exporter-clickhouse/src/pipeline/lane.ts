import { type Limits, newTally } from '@spanhouse/transform'
import { addTally, type ResourceForm } from '@spanhouse/transform/internal'
import { Alterations } from '../accounting/alterations.js'
import type { DropReason } from '../accounting/drop-reason.js'
import type { Parcel } from '../accounting/parcel.js'
import type { Rows } from '../batching/batch.js'
import type { Batcher } from '../batching/batcher.js'
import { OpenBatches } from '../batching/open-batches.js'
import { newRowEncoder } from '../batching/row-encoder.js'
import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import type { Receipt } from '../delivery/entry.js'
import type { DispatchedRow } from '../routing/dispatch.js'
import type { Router, RouterEnds } from '../routing/router.js'
import { withSource } from '../routing/source-column.js'
import { handOver } from './hand-over.js'
import { limitsOf, strayLimitsOf } from './lane-limits.js'
import { routerOf, type Surroundings } from './lane-router.js'
import { type ConfiguredSheet, OpenSheets, type Sheet } from './open-sheets.js'

/** What applies to every row, whatever its destination. */
export interface RowLimits {
  /** Whether the same records make the same batches again, because they may be exported again. */
  readonly repeatable: boolean
  readonly limits: Limits
  /** Size of one encoded row, before compression. */
  readonly maxRowBytes: number
}

/** Destinations that agree on tables, batch limits, compression and routing. */
export interface Group<Input> {
  /** In the names of batches of a parcel, and so the same in the next process. Undefined for the first group. */
  readonly name: string | undefined
  readonly config: DestinationConfig<Input>
  readonly destinations: readonly Destination[]
}

/** The way to one group of destinations: they share every batch. */
export class Lane<Input> {
  readonly destinations: readonly Destination[]
  readonly alterations: Alterations = new Alterations()
  readonly #config: DestinationConfig<Input>
  readonly #repeatable: boolean
  readonly #maxRowBytes: number
  readonly #maxBytes: number
  readonly #limits: Limits
  /** Rows of the parcel that is being taken in. If batches cannot be made again, all rows. */
  readonly #open: OpenSheets<Input>
  /** Its rows about which other records have decided: which rows these are, and in what order, depends on what came before. */
  readonly #late: OpenSheets<Input>
  /** Rows that were held back longer than their parcel was taken in. Nothing that becomes of another parcel touches them. */
  readonly #strays: OpenSheets<Input>
  /** Only if an option of routing is given, or if nothing may be sent. */
  readonly #router: Router<Input> | undefined
  #receipts: Promise<Receipt>[] | undefined
  /** The parcel of the rows that are being sealed. */
  #parcel: Parcel | undefined
  /** The parcel of the record that is being added. */
  #adding: Parcel | undefined
  /** Other records have decided about that record. */
  #isLate = false
  /** Why rows that are sealed are not handed over. */
  #abandons: DropReason | undefined

  constructor(
    { name, config, destinations }: Group<Input>,
    { repeatable, limits, maxRowBytes }: RowLimits,
    surroundings: Surroundings<Input>,
  ) {
    this.#config = config
    this.#repeatable = repeatable
    this.#limits = limits
    this.destinations = destinations
    this.#maxRowBytes = maxRowBytes
    const batch = limitsOf(config, destinations, repeatable)
    this.#maxBytes = batch.maxBytes
    const { targets, route } = config
    const forms = targets.map((one) => {
      const schema = route?.origin === undefined ? one.schema : withSource(one.schema)
      return { schema, encoder: newRowEncoder(schema, limits, this.alterations.tally) }
    })
    const open = (ways: typeof batch, identityOf?: (parcel: Parcel) => string) =>
      new OpenSheets(
        forms,
        targets,
        (target) =>
          new OpenBatches(ways, (rows, common, altered) => {
            const parcel = identityOf && this.#parcel
            if (parcel && this.#abandons) {
              this.#leave(rows, parcel, this.#abandons)
              return
            }
            const number = parcel && identityOf(parcel)
            const identity = rows.isUnique ? '' : number
            const of = { target, parcel, identity }
            const receipts = handOver({ ...of, rows, common, config, destinations })
            this.#receipts?.push(...receipts)
            this.alterations.sealed(rows.rows, altered, destinations)
          }),
      )
    this.#open = open(batch, (parcel) => parcel.nextBatch(name))
    this.#late = repeatable ? open(batch, (parcel) => parcel.nextLateBatch(name)) : this.#open
    this.#strays = repeatable ? open(strayLimitsOf(batch, destinations)) : this.#open
    const ends = {
      ...surroundings,
      encode: (record: Input) => this.#encode(record),
      rowOf: (record: Input) => this.#rowOf(record),
      addRow: (row: DispatchedRow, record: Input) => this.#addDispatched(row, record),
      refuse: (error: Error) => this.#refuse('internal_error', error),
      parcel: () => this.#adding,
      addDecided: (of: object | undefined, add: () => void) => this.#addDecided(of, add),
    }
    this.#router = routerOf(config, destinations, ends, (...why) => this.#refuse(...why))
  }

  /** Rows of open batches, and rows that wait for the decision about their trace. */
  get waitingRows(): number {
    return this.#sum((open) => open.rows) + (this.#router?.waitingRows ?? 0)
  }

  get waitingBytes(): number {
    return this.#sum((open) => open.bytes) + (this.#router?.waitingBytes ?? 0)
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

  /** Seals all open batches but those of a parcel that can be made again, which end with their parcel. */
  seal(): void {
    this.#strays.seal()
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
    this.#adding = parcel
    for (const record of records) this.add(record)
    this.#adding = undefined
    this.#parcel = undefined
  }

  sealParcel(parcel: Parcel): void {
    if (!this.#repeatable) return
    this.#parcel = parcel
    this.#open.seal()
    this.#late.seal()
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

  #leave({ rows, release }: Rows, parcel: Parcel, reason: DropReason): void {
    release?.()
    for (const destination of this.destinations) {
      destination.refuse(rows, reason)
      parcel.courseAt(destination.config.name).refuse(rows, reason)
    }
  }

  /** Adds a record about which other records have decided. `of`: the parcel that has brought it. */
  #addDecided(of: object | undefined, add: () => void): void {
    const adding = this.#adding
    if (of === adding) this.#isLate = true
    else this.#adding = undefined
    add()
    this.#isLate = false
    this.#adding = adding
  }

  /** Where the row goes of the record that is being added. */
  get #current(): OpenSheets<Input> {
    if (!this.#adding) return this.#strays
    return this.#isLate ? this.#late : this.#open
  }

  #sum(of: (open: OpenSheets<Input>) => number): number {
    return this.#repeatable ? of(this.#open) + of(this.#late) + of(this.#strays) : of(this.#open)
  }

  /**
   * The bound on bytes is for all open batches together. Those whose rows depend on what came before give way: the others must end where their
   * own rows say.
   */
  #giveWayIfFull(): void {
    if (this.#sum((open) => open.bytes) < this.#maxBytes) return
    this.#strays.seal()
    if (this.#parcel) this.#late.seal()
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
      const open = this.#current
      this.#add(open.dispatched(row), { line: row.line, record }, undefined)
      if (open.bytes >= this.#maxBytes) open.seal()
    } catch (error) {
      this.#refuse('encode_error', error as Error)
    }
  }

  #add<Of>(sheet: Sheet<Of>, record: Of, constants: ResourceForm | undefined): void {
    const partition = sheet.schema.partitionDay?.(record)
    const { tally } = this.alterations
    const { invalidIds } = tally
    let batcher = sheet.open.of(constants)
    const start = batcher.bytes
    let isRow = this.#write(sheet, record, batcher)
    if (isRow && !batcher.fits(partition)) {
      batcher.writer.length = start
      batcher.seal()
      batcher = sheet.open.of(constants)
      const counted = { ...tally }
      isRow = this.#write(sheet, record, batcher) // again, because the row refers to key lists of the sealed batch
      Object.assign(tally, counted) // what is altered in the row has been counted
    }
    if (!isRow) {
      this.#refuse('too_large')
      return
    }
    // One row is enough, so only the first of a batch is asked.
    if (!batcher.isUnique && sheet.hasIds && tally.invalidIds === invalidIds)
      batcher.isUnique = sheet.hasIds(record)
    batcher.commit(partition)
    sheet.open.sealIfFull()
    // The bound on bytes is for the batches of all tables together.
    if (this.#config.targets.length > 1 && this.#current.bytes >= this.#maxBytes)
      this.#current.seal()
    if (this.#repeatable && this.#config.route?.sample) this.#giveWayIfFull()
  }

  #sheetOf(record: Input): ConfiguredSheet<Input> {
    return this.#current.configured(this.#config.targetOf?.(record) ?? 0)
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
      this.#adding?.courseAt(destination.config.name).refuse(1, reason)
      this.#receipts?.push(Promise.resolve('dropped'))
    }
  }
}
