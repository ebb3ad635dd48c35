import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import {
  currentPlatform,
  findLibrary,
  resolveInstalled,
} from '../../packages/local-clickhouse/src/platform.js'
import { query } from '../../packages/local-clickhouse/src/query.js'
import { writeServerConfig } from '../../packages/local-clickhouse/src/server-config.js'
import { spawnServer } from '../../packages/local-clickhouse/src/server-process.js'
import { until } from './patience.js'

export interface Server {
  readonly url: string
  query(sql: string): Promise<string>
  stop(): Promise<void>
}

/** A real server that also reads these files, as one that is installed reads /etc/clickhouse-server/users.d and config.d. */
export async function serverWithFiles(
  files: Readonly<Partial<Record<'users' | 'config', string | readonly string[]>>>,
): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), 'spanhouse-clickhouse-'))
  const portsFile = join(home, 'ports.tsv')
  const config = {
    dataDir: undefined,
    httpPort: 0,
    tcpPort: 0,
    users: [],
    clusters: {},
    volumes: [],
  }
  const args = writeServerConfig(home, join(home, 'data'), portsFile, config)
  for (const [folder, given] of Object.entries(files)) {
    mkdirSync(join(home, `${folder}.d`))
    for (const file of [given].flat()) copyFileSync(file, join(home, `${folder}.d`, basename(file)))
  }
  const server = spawnServer(findLibrary(currentPlatform(), resolveInstalled), home, args)
  const ports = () => (existsSync(portsFile) ? readFileSync(portsFile, 'utf8') : '')
  await until(() => ports().endsWith('\n') || server.hasExited())
  if (server.hasExited()) throw new Error(`The server did not start: ${server.output()}`)
  server.settle()
  const [httpPort] = ports().split('\t')
  const url = `http://127.0.0.1:${httpPort}`
  return { url, query: (sql) => query(url, sql), stop: () => server.end('SIGTERM') }
}
