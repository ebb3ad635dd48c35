import { resolve } from 'node:path'

export interface User {
  name: string
  /** Default: none, so the name alone is enough to log in. */
  password?: string | undefined
  /** The user's settings profile, e.g. `{ max_insert_block_size: 1000 }`. */
  settings?: Readonly<Record<string, string | number | boolean>> | undefined
  /** Limits on how queries of this user may change settings, by the setting's name. */
  constraints?: Readonly<Record<string, Constraint>> | undefined
  /** 0 (default): may write. 1: reads only. 2: reads only, and may change settings. */
  readonly?: 0 | 1 | 2 | undefined
  quota?: Quota | undefined
  /**
   * Replaces the default rights: the part of each statement after GRANT, e.g. `['INSERT ON telemetry.*']`. With an empty list the
   * user may do nothing.
   */
  grants?: readonly string[] | undefined
}

export interface Constraint {
  min?: string | number | undefined
  max?: string | number | undefined
  /** Queries may not change the setting at all. */
  readonly?: boolean | undefined
}

/** What a user may use in each interval. Anything not named is unlimited. */
export interface Quota {
  intervalSeconds: number
  queries?: number | undefined
  querySelects?: number | undefined
  queryInserts?: number | undefined
  errors?: number | undefined
  resultRows?: number | undefined
  resultBytes?: number | undefined
  readRows?: number | undefined
  readBytes?: number | undefined
  writtenBytes?: number | undefined
  executionTime?: number | undefined
}

export interface StartOptions {
  /** Kept when the server ends. Without it the data is temporary and removed with the server. */
  dataDir?: string | undefined
  /** 0, the default, is any free port. */
  httpPort?: number | undefined
  /** The native protocol. 0, the default, is any free port. */
  tcpPort?: number | undefined
  /** Besides `default`, which has no password. */
  users?: readonly User[] | undefined
  /**
   * Clusters that the server knows, for `Distributed` tables: by name, for each shard the native ports of its replicas on this machine. An
   * INSERT goes to one replica of a shard (`internal_replication`).
   */
  clusters?: Readonly<Record<string, readonly (readonly number[])[]>> | undefined
  /**
   * Names of further volumes, for tests of tables that move old rows. Each is a folder of the data directory. They follow the volume
   * `default` in the storage policy `tiered`. Default: none, and no such policy.
   */
  volumes?: readonly string[] | undefined
}

export interface Config {
  readonly dataDir: string | undefined
  readonly httpPort: number
  readonly tcpPort: number
  readonly users: readonly User[]
  readonly volumes: readonly string[]
  readonly clusters: NonNullable<StartOptions['clusters']>
}

const OPTIONS = ['dataDir', 'httpPort', 'tcpPort', 'users', 'clusters', 'volumes']
const USER_OPTIONS = [
  'name',
  'password',
  'settings',
  'constraints',
  'readonly',
  'quota',
  'grants',
] as const satisfies readonly (keyof User)[]
const CONSTRAINTS = ['min', 'max', 'readonly'] as const satisfies readonly (keyof Constraint)[]
const QUOTAS = [
  'intervalSeconds',
  'queries',
  'querySelects',
  'queryInserts',
  'errors',
  'resultRows',
  'resultBytes',
  'readRows',
  'readBytes',
  'writtenBytes',
  'executionTime',
] as const satisfies readonly (keyof Quota)[]

export function parseOptions(options: StartOptions): Config {
  refuseUnknown(options, OPTIONS, 'startClickHouse()')
  const { dataDir, httpPort, tcpPort, users, clusters, volumes } = options
  if (dataDir === '') throw new Error('The data directory is empty: name one, or leave it out.')
  return {
    dataDir: dataDir === undefined ? undefined : resolve(dataDir),
    httpPort: parsePort(httpPort ?? 0),
    tcpPort: parsePort(tcpPort ?? 0),
    users: parseUsers(users ?? []),
    volumes: parseVolumes(volumes ?? []),
    clusters: parseClusters(clusters ?? {}),
  }
}

// The name becomes an XML element and a folder.
function parseVolumes(volumes: readonly string[]): readonly string[] {
  const wrong = volumes.find(
    (name, index) =>
      !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ||
      name === 'default' ||
      volumes.indexOf(name) !== index,
  )
  if (wrong === undefined) return volumes
  throw new Error(
    `${JSON.stringify(wrong)} cannot be a volume: use up to 64 letters, digits and _, a name once, and not 'default'.`,
  )
}

function parsePort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`${port} is not a port: choose one from 1 to 65535, or 0 for any free one.`)
}

function parseClusters(clusters: Config['clusters']): Config['clusters'] {
  for (const [name, shards] of Object.entries(clusters)) {
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))
      throw new Error(
        `${JSON.stringify(name)} cannot be the name of a cluster: use up to 64 letters, digits, _ and -, a letter or _ first.`,
      )
    if (shards.length === 0 || shards.some((ports) => ports.length === 0))
      throw new Error(`The cluster '${name}' needs at least one port in each shard.`)
    for (const port of shards.flat()) parsePort(port)
  }
  return clusters
}

function parseUsers(users: readonly User[]): readonly User[] {
  const names = new Set(['default'])
  for (const user of users) {
    const { name } = user
    // The name becomes an XML element, and a dot in it would be a path in the configuration.
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))
      throw new Error(
        `${JSON.stringify(name)} cannot be a user name: use up to 64 letters, digits, _ and -, a letter or _ first.`,
      )
    if (name === 'default')
      throw new Error("The user 'default' has no password here: choose another name.")
    if (names.has(name)) throw new Error(`The user '${name}' is given twice: leave one out.`)
    names.add(name)
    checkRights(user)
  }
  return users
}

function checkRights(user: User): void {
  const who = `the user '${user.name}'`
  refuseUnknown(user, USER_OPTIONS, who)
  const { settings = {}, constraints = {}, readonly = 0, quota, grants = [] } = user
  for (const setting of [...Object.keys(settings), ...Object.keys(constraints)])
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(setting))
      throw new Error(`${JSON.stringify(setting)} of ${who} cannot be the name of a setting.`)
  for (const [setting, constraint] of Object.entries(constraints))
    refuseUnknown(constraint, CONSTRAINTS, `the constraint on ${setting} of ${who}`)
  if (![0, 1, 2].includes(readonly))
    throw new Error(`readonly of ${who} is ${readonly}: choose 0, 1 or 2.`)
  for (const grant of grants)
    if (/^\s*GRANT\b/i.test(grant))
      throw new Error(
        `A grant of ${who} begins with GRANT: leave this word out, e.g. 'INSERT ON telemetry.*'.`,
      )
  if (!quota) return
  refuseUnknown(quota, QUOTAS, `the quota of ${who}`)
  for (const [name, value] of Object.entries(quota))
    if (value !== undefined && !(Number.isInteger(value) && value >= 0))
      throw new Error(`${name} in the quota of ${who} is not a whole number: ${value}.`)
  if (!quota.intervalSeconds)
    throw new Error(`The quota of ${who} has no interval: give intervalSeconds.`)
}

function refuseUnknown(given: object, known: readonly string[], where: string): void {
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw new Error(`${where} knows no option '${name}': it takes ${known.join(', ')}.`)
}
