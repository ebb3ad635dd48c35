import { type SpanRow, type SpanTable, traceIdsQuery, traceQuery } from '@spanhouse/queries'
import type { Reader } from '../clickhouse/reader.js'
import { isWhole } from './trace-id.js'

/** A longer trace is cut. */
export const MOST_SPANS = 20_000
/** As many as a user would choose from. */
const MOST_CANDIDATES = 20

export interface Candidate {
  readonly traceId: string
  readonly startUs: number
  readonly spans: number
}

export type Found =
  | {
      readonly status: 'found'
      readonly table: SpanTable
      readonly rows: readonly SpanRow[]
      readonly isCut: boolean
    }
  | {
      readonly status: 'ambiguous'
      readonly candidates: readonly Candidate[]
      readonly hasMore: boolean
    }
  | { readonly status: 'missing' }

/** Looks for a trace by its id, or by the beginning of its id, in one table after another. */
export async function findTrace(
  reader: Reader,
  tables: readonly SpanTable[],
  id: string,
  signal: AbortSignal,
): Promise<Found> {
  for (const table of tables) {
    const found = isWhole(id)
      ? await spansOf(reader, table, id, signal)
      : await byPrefix(reader, table, id, signal)
    if (found.status !== 'missing') return found
  }
  return { status: 'missing' }
}

async function byPrefix(
  reader: Reader,
  table: SpanTable,
  prefix: string,
  signal: AbortSignal,
): Promise<Found> {
  const query = traceIdsQuery(table, prefix, { limit: MOST_CANDIDATES + 1 })
  const { rows } = await reader.ask(query, signal)
  const [only] = rows
  if (only === undefined) return { status: 'missing' }
  if (rows.length === 1) return spansOf(reader, table, only.trace_id, signal)
  const candidates = rows.map((row) => ({
    traceId: row.trace_id,
    startUs: row.start_us,
    spans: row.spans,
  }))
  return {
    status: 'ambiguous',
    candidates: candidates.slice(0, MOST_CANDIDATES),
    hasMore: candidates.length > MOST_CANDIDATES,
  }
}

async function spansOf(
  reader: Reader,
  table: SpanTable,
  id: string,
  signal: AbortSignal,
): Promise<Found> {
  const { rows } = await reader.ask(traceQuery(table, id, { limit: MOST_SPANS }), signal)
  return rows.length === 0
    ? { status: 'missing' }
    : { status: 'found', table, rows, isCut: rows.length >= MOST_SPANS }
}
