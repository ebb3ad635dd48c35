import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { within } from './deadline.mjs'

/** The demo's ClickHouse servers. Their data is in one directory, which is removed when the demo ends. */
export function localServers(names) {
  const directory = mkdtempSync(join(tmpdir(), 'spanhouse-demo-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }))
  const servers = names.map((name) => localServer(name, join(directory, name)))
  return {
    servers,
    start: () => Promise.all(servers.map((server) => server.start())),
    stop: () => Promise.allSettled(servers.map((server) => server.stop())),
  }
}

function localServer(name, dataDir) {
  let running
  const server = {
    name,
    endpoint: undefined,
    /** A second start uses the port and the data of the first. */
    async start() {
      const port = server.endpoint && { httpPort: Number(new URL(server.endpoint).port) }
      running = startClickHouse({ dataDir, ...port })
      server.endpoint = (await within(40_000, `Starting the server ${name}`, running)).url
    },
    async kill() {
      await within(15_000, `Killing the server ${name}`, (await running).kill())
    },
    // Also ends a server whose start is still under way.
    async stop() {
      await within(
        60_000,
        `Stopping the server ${name}`,
        running?.then((it) => it.stop()),
      )
    },
  }
  return server
}
