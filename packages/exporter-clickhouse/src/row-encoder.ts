import type { Limits, SpanLike, Table } from '@spanhouse/transform'
import {
  type ByteWriter,
  type ResourceForm as Constants,
  compactRowsOf,
  type Encoding,
  type KeyLists,
  newEncoding,
  ROW_ROOM,
} from '@spanhouse/transform/internal'

/** Spans to rows of JSONEachRow, without their newlines. */
export interface RowEncoder {
  /** What the rows of the span's resource have in common; undefined where the row has to be whole. */
  constantsOf(span: SpanLike): Constants | undefined
  /** Writes the row to `out`: whole, or without what `constantsOf` and the batch's key lists say. Throws what a table of the user's throws. */
  encode(span: SpanLike, out: ByteWriter, keyLists: KeyLists | undefined): void
}

export function newRowEncoder(table: Table<SpanLike>, limits: Limits): RowEncoder {
  const compact = compactRowsOf(table)
  const encoding: Encoding = newEncoding({ sparse: true, limits })
  return {
    constantsOf: (span) => compact?.resourceFormOf(span, encoding),
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
