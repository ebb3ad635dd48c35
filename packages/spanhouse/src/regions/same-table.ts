import { ReadError } from '../clickhouse/read-error.js'
import type { Sides } from './common-columns.js'
import { both } from './minutes.js'
import { type RegionTable, rowsOf } from './region.js'

/** Servers may have equal host names, and a cloned disk has the same ids: but two servers do not have all of these in common. */
interface Identity {
  readonly server: string
  readonly startedAt: number
  readonly uuid: string
}

const NIL = '00000000-0000-0000-0000-000000000000'

/**
 * Whether both are one table, by whatever addresses, or two replicas of one. To repair those is dangerous: what is deleted in one of them, to
 * be copied from the other, is gone in both.
 */
export async function isOneTable(
  tables: Sides<RegionTable>,
  signal: AbortSignal,
): Promise<boolean> {
  const [a, b] = tables
  const sameName = a.database === b.database && a.table === b.table
  const areReplicas = tables.every(({ engine }) => engine.startsWith('Replicated'))
  if (!sameName && !areReplicas) return false
  if (sameName && a.region.url === b.region.url) return true
  const [x, y] = await both(tables, (table) => identityOf(table, signal))
  if (x === undefined || y === undefined) return false
  // Both are whole seconds, which may change between two looks at a clock.
  const sameServer = x.server === y.server && Math.abs(x.startedAt - y.startedAt) <= 2
  if (x.uuid !== y.uuid) return false
  return (sameName && sameServer) || (areReplicas && x.uuid !== NIL)
}

/** Undefined if the server is too old to say it. */
async function identityOf(
  { region, database, table }: RegionTable,
  signal: AbortSignal,
): Promise<Identity | undefined> {
  try {
    const [row] = await rowsOf<Identity>(
      region,
      'identity of a table',
      `SELECT concat(hostName(), ' ', toString(serverUUID())) AS server, toFloat64(toUnixTimestamp(now())) - uptime() AS startedAt,
  (SELECT toString(any(uuid)) FROM system.tables WHERE database = {database:String} AND name = {table:String}) AS uuid`,
      signal,
      { database, table },
    )
    return row
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'query') return undefined
    throw error
  }
}
