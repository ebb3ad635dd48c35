import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, Constraint, User } from './options.js'

// All rights except those that reach beyond the data directory. Any page in a browser on this
// machine can post to the port. With more rights it could run commands and write files as the
// developer, through an executable dictionary or file().
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
  writeFileSync(configFile, serverXml(usersFile, dataDir, config), { mode: 0o600 })
  return [`--config-file=${configFile}`, `--path=${dataDir}`, `--query=${serveForever(portsFile)}`]
}

// By default the server may take 90 % of the memory, and each of the caches 5 GiB.
function serverXml(
  usersFile: string,
  dataDir: string,
  { httpPort, tcpPort, volumes, clusters }: Config,
): string {
  return `<clickhouse>
  <users_config>${escapeXml(usersFile)}</users_config>
  <access_control_improvements>
    <table_engines_require_grant>true</table_engines_require_grant>
  </access_control_improvements>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${httpPort}</http_port>
  <tcp_port>${tcpPort}</tcp_port>
  <remote_servers>${clustersXml(clusters)}</remote_servers>
  <max_server_memory_usage_to_ram_ratio>0.5</max_server_memory_usage_to_ram_ratio>
  <mark_cache_size>268435456</mark_cache_size>
  <primary_index_cache_size>268435456</primary_index_cache_size>${storage(dataDir, volumes)}
</clickhouse>
`
}

function storage(dataDir: string, volumes: readonly string[]): string {
  if (volumes.length === 0) return ''
  const disks = volumes.map((name) => {
    const path = element('path', `${join(dataDir, 'disks', name)}/`)
    return `<${name}><type>local</type>${path}</${name}>`
  })
  const order = ['default', ...volumes].map((name) => `<${name}>${element('disk', name)}</${name}>`)
  return `
  <storage_configuration>
    <disks>${disks.join('')}</disks>
    <policies><tiered><volumes>${order.join('')}</volumes></tiered></policies>
  </storage_configuration>`
}

function clustersXml(clusters: Config['clusters']): string {
  const replica = (port: number) =>
    `<replica>${element('host', '127.0.0.1')}${element('port', port)}</replica>`
  const shard = (ports: readonly number[]) =>
    `<shard>${element('internal_replication', 'true')}${ports.map(replica).join('')}</shard>`
  return Object.entries(clusters)
    .map(([name, shards]) => `<${name}>${shards.map(shard).join('')}</${name}>`)
    .join('')
}

function usersXml(users: readonly User[]): string {
  const all = [{ name: 'default' }, ...users]
  return `<clickhouse>
  <profiles>${all.map(profile).join('')}
  </profiles>
  <quotas>${all.map(quota).join('')}
  </quotas>
  <users>${all.map(user).join('')}
  </users>
</clickhouse>
`
}

function profile({ name, settings = {}, readonly, constraints = {} }: User): string {
  const values = Object.entries({ ...settings, ...(readonly && { readonly }) })
  const limits = Object.entries(constraints)
  return `
    <${name}>
      ${values.map(([setting, value]) => element(setting, String(value))).join('')}
      <constraints>${limits.map(([setting, limit]) => `<${setting}>${constraint(limit)}</${setting}>`).join('')}</constraints>
    </${name}>`
}

function constraint({ min, max, readonly }: Constraint): string {
  return [
    min === undefined ? '' : element('min', min),
    max === undefined ? '' : element('max', max),
    readonly ? '<readonly/>' : '',
  ].join('')
}

function quota({ name, quota }: User): string {
  if (!quota) return `<${name}/>`
  const { intervalSeconds, ...bounds } = quota
  const limits = Object.entries(bounds).flatMap(([bound, value]) =>
    value === undefined ? [] : [element(snakeCase(bound), value)],
  )
  return `
    <${name}><interval>${element('duration', intervalSeconds)}${limits.join('')}</interval></${name}>`
}

function user({ name, password, grants = GRANTS }: User): string {
  const credentials =
    password === undefined ? '<password/>' : element('password_sha256_hex', sha256(password))
  return `
    <${name}>
      ${credentials}
      <networks><ip>::/0</ip></networks>
      <profile>${name}</profile>
      <quota>${name}</quota>
      <grants>${grantQueries(grants)}</grants>
    </${name}>`
}

// A user without any <query> would have every right.
function grantQueries(grants: readonly string[]): string {
  const queries =
    grants.length > 0 ? grants.map((grant) => `GRANT ${grant}`) : ['REVOKE ALL ON *.*']
  return queries.map((query) => element('query', query)).join('')
}

function element(name: string, content: string | number): string {
  return `<${name}>${escapeXml(String(content))}</${name}>`
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

// When the file with the ports exists, the server is ready.
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
