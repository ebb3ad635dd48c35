import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { type SignalUnderTest, TRACES } from './signals.js'

type Server = Pick<ClickHouseServer, 'query'>
type Tables = Pick<SignalUnderTest, 'tables' | 'id'>

interface Tally {
  rows: number
  lost: number
  duplicated: number
}

/** A subquery with the ids of all rows of a signal in a database, from each of its tables. Tables that do not exist yet are left out. */
async function idsIn(server: Server, database: string, { tables, id }: Tables): Promise<string> {
  const names = tables.map(({ name }) => name)
  const text = await server.query(
    `SELECT name FROM system.tables WHERE database = '${database}' AND name IN ('${names.join("', '")}') FORMAT TSV`,
  )
  const there = text.split('\n').filter((name) => name !== '')
  if (there.length === 0) throw new Error(`no table of ${names} in ${database}`)
  return there
    .map((name) => `SELECT toString(${id}) AS id FROM ${database}.\`${name}\``)
    .join(' UNION ALL ')
}

/** What a database holds of the records that were made. */
export async function tally(
  server: Server,
  database: string,
  made: number,
  of: Tables = TRACES,
): Promise<Tally> {
  const ids = await idsIn(server, database, of)
  const text = await server.query(`SELECT count(), uniqExact(id) FROM (${ids}) FORMAT TSV`)
  const [rows = 0, distinct = 0] = text.split('\t').map(Number)
  return { rows, lost: made - distinct, duplicated: rows - distinct }
}

/** None while all tables or the server are missing. */
export async function rowsIn(
  server: Server,
  database: string,
  of: Tables = TRACES,
): Promise<number> {
  try {
    const ids = await idsIn(server, database, of)
    return Number(await server.query(`SELECT count() FROM (${ids})`))
  } catch {
    return 0
  }
}

/** How often each id is stored. */
export async function countsById(
  server: Server,
  database: string,
  of: Tables = TRACES,
): Promise<Map<string, number>> {
  const ids = await idsIn(server, database, of)
  const text = await server.query(`SELECT id, count() FROM (${ids}) GROUP BY id FORMAT TSV`)
  const lines = text.split('\n').slice(0, -1)
  return new Map(
    lines.map((line) => line.split('\t')).map(([id = '', count]) => [id, Number(count)]),
  )
}

/** Blocks that the server has recognised as duplicates since it started. */
export async function deduplicatedBlocks(server: Server): Promise<number> {
  const text = await server.query(
    "SELECT sum(value) FROM system.events WHERE event = 'DuplicatedInsertedBlocks'",
  )
  return Number(text)
}
