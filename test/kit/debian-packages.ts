import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

// ClickHouse 18.16 and ZooKeeper, as Debian 12 has them: installed, or unpacked by `node scripts/debian-clickhouse.mjs`.

const UNPACKED = join(import.meta.dirname, '../../.cache/debian-clickhouse')
const HOW_TO = 'node scripts/debian-clickhouse.mjs unpacks them, without root'

export interface DebianPackages {
  /** The program of the server, and the folders of its libraries. */
  readonly server: string
  readonly libraries: string
  readonly classPath: string
}

// What a ZooKeeper server without its web page needs.
const JARS = [
  'zookeeper',
  'zookeeper-jute',
  'slf4j-api',
  'slf4j-nop',
  'metrics-core',
  'snappy-java',
  ...['buffer', 'codec', 'common', 'handler', 'resolver', 'transport'].map((one) => `netty-${one}`),
  'netty-transport-native-epoll',
  'netty-transport-native-unix-common',
]

/** The packages, or why they cannot be used, as the end of a test's title. */
export function debianPackages(): DebianPackages | string {
  const roots = [process.env['SPANHOUSE_DEBIAN_CLICKHOUSE'] ?? UNPACKED, '/']
  const find = (path: string) => roots.map((root) => join(root, path)).find(existsSync)
  const server = find('usr/sbin/clickhouse-server')
  if (server === undefined) return `no ClickHouse of Debian here: ${HOW_TO}`
  const jars = JARS.map((name) => find(`usr/share/java/${name}.jar`))
  if (jars.includes(undefined)) return `no ZooKeeper of Debian here: ${HOW_TO}`
  if (spawnSync('java', ['-version']).status !== 0)
    return 'ZooKeeper needs Java: apt-get install default-jre-headless'
  const libraries = ['../../lib', '../../../lib']
    .map((path) => join(server, path, 'x86_64-linux-gnu'))
    .join(':')
  return { server, libraries, classPath: jars.join(':') }
}
