import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { Table } from '@spanhouse/transform'

let pairs = 0

/** Two new databases with these tables, which stand for two servers. */
export async function twoRegions(
  server: ClickHouseServer,
  tables: readonly Table<never>[],
): Promise<[east: string, west: string]> {
  pairs++
  const regions: [string, string] = [`east${pairs}`, `west${pairs}`]
  for (const database of regions) {
    await server.query(`CREATE DATABASE IF NOT EXISTS ${database}`)
    for (const table of tables)
      for (const statement of table.ddl({ database })) await server.query(statement)
  }
  return regions
}
