import { defineTable, type Table } from '@spanhouse/transform'
import type { OpenBatches } from '../batching/open-batches.js'
import type { RowEncoder } from '../batching/row-encoder.js'
import type { Target } from '../config/config.js'
import type { DispatchedRow } from '../routing/dispatch.js'
import type { Sealed } from './hand-over.js'

// Of tables and lists of columns. Beyond it, the batch of the least recently used is sealed.
const MAX_SHEETS = 32

/** A row that `dispatch` has made, and the record that it made it of. */
interface Line<Input> {
  readonly line: string
  readonly record: Input
}

interface LineSheet<Input> {
  readonly schema: Table<Line<Input>>
  readonly encoder: RowEncoder<Line<Input>>
  readonly open: OpenBatches
}

const encoder: RowEncoder<{ readonly line: string }> = {
  resourceFormOf: () => undefined,
  encode: ({ line }, out) => out.text(line),
}

/** The rows that `dispatch` returns: batches for each table and list of columns. */
export class DispatchedSheets<Input> {
  readonly #targets: readonly Target<Input>[]
  readonly #openOf: (target: Sealed['target']) => OpenBatches
  readonly #sheets = new Map<string, LineSheet<Input>>()

  constructor(
    targets: readonly Target<Input>[],
    openOf: (target: Sealed['target']) => OpenBatches,
  ) {
    this.#targets = targets
    this.#openOf = openOf
  }

  all(): Iterable<LineSheet<Input>> {
    return this.#sheets.values()
  }

  of({ table, columns }: DispatchedRow): LineSheet<Input> {
    const key = JSON.stringify([table, columns])
    const sheet = this.#sheets.get(key) ?? this.#newSheet(table, columns)
    this.#sheets.delete(key) // the map keeps the order: the least recently used is the first
    this.#sheets.set(key, sheet)
    for (const [oldest, { open }] of this.#sheets) {
      if (this.#sheets.size <= MAX_SHEETS) break
      open.seal()
      this.#sheets.delete(oldest)
    }
    return sheet
  }

  /**
   * A configured table with all its columns stays the same target, so that it is created and known as always. Any other table is somebody
   * else's, and is never created.
   */
  #newSheet(table: string, columns: readonly string[]): LineSheet<Input> {
    const index = this.#targets.findIndex((one) => one.table === table)
    const like = this.#targets[Math.max(index, 0)] as Target<Input>
    const own = new Set(like.schema.insertColumns)
    const isWhole = own.size === columns.length && columns.every((one) => own.has(one))
    const { partitionDay } = like.schema
    const schema: Table<Line<Input>> = {
      ...defineTable<Line<Input>>({
        name: table,
        database: like.database,
        columns: columns.map((name) => ({ name, type: 'String', value: () => '' })), // only the names are used
        orderBy: 'tuple()',
      }),
      // Nothing else is known about the day of a row: it is that of its record.
      ...(partitionDay && { partitionDay: ({ record }) => partitionDay(record) }),
    }
    const named: Target = { database: like.database, table, schema: schema as never, creation: {} }
    const open = this.#openOf(index >= 0 && isWhole ? index : named)
    return { schema, encoder, open }
  }
}
