import {
  type ByteWriter,
  type Constants,
  compactRowsOf,
  type Encoding,
  type KeyLists,
  type Limits,
  newEncoding,
  ROW_ROOM,
  type Table,
} from '@spanhouse/transform'

/** Records to rows of JSONEachRow, without their newlines. */
export interface RowEncoder<Input> {
  /** What the rows of the record's resource have in common; undefined where the row has to be whole. */
  constantsOf(record: Input): Constants | undefined
  /** Writes the row to `out`: whole, or without what `constantsOf` and the batch's key lists say. Throws what a table of the user's throws. */
  encode(record: Input, out: ByteWriter, keyLists: KeyLists | undefined): void
}

export function newRowEncoder<Input>(table: Table<Input>, limits: Limits): RowEncoder<Input> {
  const compact = compactRowsOf(table)
  const encoding: Encoding = newEncoding({ sparse: true, limits })
  return {
    constantsOf: (record) => compact?.constantsOf(record, encoding),
    encode(record, out, keyLists) {
      if (!compact || !keyLists) {
        out.text(table.toLine(record, undefined, limits))
        return
      }
      encoding.out = out
      encoding.keyLists = keyLists
      encoding.room = ROW_ROOM
      compact.write(record, encoding)
    },
  }
}
