import { type ClickHouseServer, startClickHouse, type User } from '@spanhouse/local-clickhouse'
import { quoteIdentifier } from '@spanhouse/transform'

/** The servers of this process, by their users. They end with it. */
const servers = new Map<string, Promise<ClickHouseServer>>()

const THEIR_OWN = "('system', 'INFORMATION_SCHEMA', 'information_schema', 'default')"

/**
 * A server for a test file that needs nothing but databases: the next file of the process, which asks for the same users, has the same one.
 * `stop()` removes every database and leaves it running. A start costs more than a second of CPU.
 */
export async function sharedClickHouse(users: readonly User[] = []): Promise<ClickHouseServer> {
  const key = JSON.stringify(users)
  const started = servers.get(key) ?? startClickHouse({ users })
  servers.set(key, started)
  const server = await started
  return { ...server, stop: () => emptied(server) }
}

async function emptied(server: ClickHouseServer): Promise<void> {
  const read = async (what: string) =>
    (await server.query(`SELECT name FROM system.${what} FORMAT JSONCompactEachRow`))
      .split('\n')
      .filter(Boolean)
      .map((line) => quoteIdentifier((JSON.parse(line) as [string])[0]))
  for (const name of await read(`databases WHERE name NOT IN ${THEIR_OWN}`))
    await server.query(`DROP DATABASE ${name}`)
  for (const name of await read("tables WHERE database = 'default'"))
    await server.query(`DROP TABLE default.${name}`)
}
