import {
  type ByteWriter,
  type Constants,
  compactRowsOf,
  type Encoding,
  type KeyLists,
  type Limits,
  newEncoding,
  ROW_ROOM,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'

/** Writes spans as rows of JSONEachRow, without newlines. */
export interface RowEncoder {
  /** What all rows of the span's resource have in common. Undefined if the row has to be whole. */
  constantsOf(span: SpanLike): Constants | undefined
  /** Writes the row to `out`, without the constants and the keys that are in `keyLists`. Without `keyLists` the row is whole. Throws what a user's table throws. */
  encode(span: SpanLike, out: ByteWriter, keyLists: KeyLists | undefined): void
}

export function newRowEncoder(table: Table<SpanLike>, limits: Limits): RowEncoder {
  const compact = compactRowsOf(table)
  const encoding: Encoding = newEncoding({ sparse: true, limits })
  return {
    constantsOf: (span) => compact?.constantsOf(span, encoding),
    encode(span, out, keyLists) {
      if (!compact || !keyLists) {
        out.text(table.toLine(span, undefined, limits))
        return
      }
      encoding.out = out
      encoding.keyLists = keyLists
      encoding.room = ROW_ROOM
      compact.write(span, encoding)
    },
  }
}
