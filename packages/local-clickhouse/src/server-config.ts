import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, User } from './options.js'

// Everything but what reaches beyond the data directory: whoever can post to the port (any page in
// a browser on this machine can) would otherwise run commands and write files as the developer,
// through an executable dictionary or file().
const GRANTS = [
  `CHECK, SHOW, SELECT, INSERT, ALTER, DROP, UNDROP TABLE, TRUNCATE, OPTIMIZE, KILL QUERY, SYSTEM,
   CREATE DATABASE, CREATE TABLE, CREATE VIEW, CREATE TEMPORARY TABLE, CREATE FUNCTION,
   dictGet, INTROSPECTION, CLUSTER, REMOTE ON *.*`,
  ...['', 'Replacing', 'Summing', 'Aggregating', 'Coalescing', 'Collapsing', 'VersionedCollapsing']
    .flatMap((kind) => [`${kind}MergeTree`, `Replicated${kind}MergeTree`])
    .concat('Atomic', 'Buffer', 'Distributed', 'GenerateRandom', 'Join', 'Log', 'MaterializedView')
    .concat('Memory', 'Merge', 'Null', 'Set', 'StripeLog', 'TinyLog', 'View')
    .map((engine) => `TABLE ENGINE ON ${engine}`),
]

/** Writes the server's configuration into a private directory and returns its arguments. */
export function writeServerConfig(
  privateDir: string,
  dataDir: string,
  portsFile: string,
  config: Config,
): string[] {
  const usersFile = join(privateDir, 'users.xml')
  const configFile = join(privateDir, 'config.xml')
  writeFileSync(usersFile, usersXml(config.users), { mode: 0o600 })
  writeFileSync(configFile, serverXml(usersFile, config), { mode: 0o600 })
  return [`--config-file=${configFile}`, `--path=${dataDir}`, `--query=${serveForever(portsFile)}`]
}

// By default it may take 90 % of the memory, and each of the caches 5 GiB.
function serverXml(usersFile: string, { httpPort, tcpPort }: Config): string {
  return `<clickhouse>
  <users_config>${escapeXml(usersFile)}</users_config>
  <access_control_improvements>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${httpPort}</http_port>
  <tcp_port>${tcpPort}</tcp_port>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>268435456</mark_cache_size>
  <primary_index_cache_size>268435456</primary_index_cache_size>
</clickhouse>
`
}

function usersXml(users: readonly User[]): string {
  const entries = [
    user('default', '<password/>'),
    ...users.map(({ name, password }) =>
      user(name, `<password_sha256_hex>${sha256(password)}</password_sha256_hex>`),
    ),
  ]
  return `<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>${entries.join('')}
  </users>
</clickhouse>
`
}

function user(name: string, credentials: string): string {
  return `
    <${name}>
      ${credentials}
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants>${GRANTS.map((grant) => `<query>GRANT ${grant}</query>`).join('')}</grants>
    </${name}>`
}

// The file of the ports is also the sign that the server is ready.
function serveForever(portsFile: string): string {
  return [
    'SYSTEM START LISTEN HTTP',
    'SYSTEM START LISTEN TCP',
    `SELECT getServerPort('http_port'), getServerPort('tcp_port')
     INTO OUTFILE '${portsFile.replace(/['\\]/g, '\\$&')}' FORMAT TSV`,
    `SELECT sleepEachRow(3) FROM numbers(1000000000)
     SETTINGS max_block_size = 1, function_sleep_max_microseconds_per_block = 0 FORMAT Null`,
  ].join('; ')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function escapeXml(text: string): string {
  return text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`)
}
