import { type SpanTable, spanTables, tablesQuery } from '@spanhouse/queries'
import type { Reader } from './reader.js'

/** The tables of spans on a server that the user may see, by database and name. */
export async function findTables(
  reader: Pick<Reader, 'ask'>,
  signal?: AbortSignal,
): Promise<readonly SpanTable[]> {
  const { rows } = await reader.ask(tablesQuery(), signal)
  return spanTables(rows)
}
