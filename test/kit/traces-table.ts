import type { ClickHouseServer } from '@spanhouse/local-clickhouse'

type Server = Pick<ClickHouseServer, 'query'>

interface Tally {
  rows: number
  lost: number
  duplicated: number
}

/** What a database's table holds of the spans that were made. */
export async function tally(server: Server, database: string, made: number): Promise<Tally> {
  const text = await server.query(
    `SELECT count(), uniqExact(span_id) FROM ${database}.traces FORMAT TSV`,
  )
  const [rows = 0, ids = 0] = text.split('\t').map(Number)
  return { rows, lost: made - ids, duplicated: rows - ids }
}

/** None while the table or the server is missing. */
export async function rowsIn(server: Server, database: string): Promise<number> {
  return Number(await server.query(`SELECT count() FROM ${database}.traces`).catch(() => 0))
}

/** Blocks that the server has recognised as duplicates since it started. */
export async function deduplicatedBlocks(server: Server): Promise<number> {
  const text = await server.query(
    "SELECT sum(value) FROM system.events WHERE event = 'DuplicatedInsertedBlocks'",
  )
  return Number(text)
}
