import { wholeRow } from '@spanhouse/transform/internal'
import { type CompressedBatch, compressedBatch, divide, rewritten } from '../batching/batch.js'
import { type Insert, insertOfPart, insertOfWhole } from '../clickhouse/insert.js'
import type { Compression } from '../config/config.js'

/** Rows and how they are inserted: a batch of one destination, or a batch made of its rows. */
export interface Part {
  readonly batch: CompressedBatch
  readonly insert: Insert
}

/** The same rows in the form that every server takes; undefined if they have that form already. */
export async function wholeOf(
  { batch, insert }: Part,
  compression: Compression,
): Promise<Part | undefined> {
  const { whole } = insert
  if (!whole) return undefined
  return {
    batch: await rewritten(batch, (line) => wholeRow(whole.shape, line), compression),
    insert: insertOfWhole(insert, whole),
  }
}

/** One batch with the rows of several. The rows are whole, because what compact rows leave out differs from batch to batch. */
export async function unitedOf(
  parts: readonly Part[],
  compression: Compression,
): Promise<CompressedBatch> {
  const lines = await Promise.all(
    parts.map(async ({ batch, insert: { whole } }) => {
      const own = await batch.lines()
      return whole ? own.map((line) => wholeRow(whole.shape, line)) : own
    }),
  )
  return compressedBatch(lines.flat(), compression)
}

/**
 * Divides the rows in two: row `hint` (from 0) and all others, or halves if there is no such row. The token of a part depends on its rows.
 */
export async function partsOf(
  { batch, insert }: Part,
  hint: number | undefined,
  compression: Compression,
): Promise<Part[]> {
  const cut =
    hint !== undefined && hint < batch.rows
      ? { from: hint, to: hint + 1 }
      : { from: 0, to: batch.rows >> 1 }
  const batches = await divide(batch, cut, compression)
  return batches.map((part, n) => ({
    batch: part,
    insert: insertOfPart(insert, `${n === 0 ? '' : 'not '}${cut.from} to ${cut.to}`),
  }))
}
