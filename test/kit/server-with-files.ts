import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import {
  currentPlatform,
  findLibrary,
  resolveInstalled,
} from '../../packages/local-clickhouse/src/platform.js'
import { writeServerConfig } from '../../packages/local-clickhouse/src/server-config.js'
import { spawnServer } from '../../packages/local-clickhouse/src/server-process.js'
import { until } from '../kit/patience.js'

export interface Server {
  readonly url: string
  stop(): Promise<void>
}

/** A real server that also reads these files, as the one in the image reads /etc/clickhouse-server/users.d and config.d. */
export async function serverWithUsers(usersFile: string, configFile: string): Promise<Server> {
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
  mkdirSync(join(home, 'users.d'))
  copyFileSync(usersFile, join(home, 'users.d', basename(usersFile)))
  mkdirSync(join(home, 'config.d'))
  copyFileSync(configFile, join(home, 'config.d', basename(configFile)))
  const server = spawnServer(findLibrary(currentPlatform(), resolveInstalled), home, args)
  const ports = () => (existsSync(portsFile) ? readFileSync(portsFile, 'utf8') : '')
  await until(() => ports().endsWith('\n') || server.hasExited())
  if (server.hasExited()) throw new Error(`The server did not start: ${server.output()}`)
  server.settle()
  const [httpPort] = ports().split('\t')
  return { url: `http://127.0.0.1:${httpPort}`, stop: () => server.end('SIGTERM') }
}
