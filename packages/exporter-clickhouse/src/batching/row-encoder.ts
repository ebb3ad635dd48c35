import type { Limits, Table, Tally } from '@spanhouse/transform'
import {
  type ByteWriter,
  compactRowsOf,
  type Encoding,
  type KeyLists,
  newEncoding,
  type ResourceForm,
  ROW_ROOM,
} from '@spanhouse/transform/internal'

/** Records to rows of JSONEachRow, without their newlines. */
export interface RowEncoder<Input> {
  /** What the rows of the record's resource have in common; undefined where the row has to be whole. */
  resourceFormOf(record: Input): ResourceForm | undefined
  /** Writes the row to `out`: whole, or without what `resourceFormOf` and the batch's key lists say. Throws what a table of the user's throws. */
  encode(record: Input, out: ByteWriter, keyLists: KeyLists | undefined): void
}

/** `tally`: counts what is altered in the rows. */
export function newRowEncoder<Input>(
  table: Table<Input>,
  limits: Limits,
  tally: Tally,
): RowEncoder<Input> {
  const compact = compactRowsOf(table)
  const encoding: Encoding = newEncoding({ sparse: true, limits, tally })
  return {
    resourceFormOf: (record) => compact?.resourceFormOf(record, encoding),
    encode(record, out, keyLists) {
      if (!compact || !keyLists) {
        out.text(table.toLine(record, tally, limits))
        return
      }
      encoding.out = out
      encoding.keyLists = keyLists
      encoding.room = ROW_ROOM
      compact.write(record, encoding)
    },
  }
}
