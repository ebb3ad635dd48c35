import { quoteText } from '@spanhouse/transform'
import type { Memory } from '../accounting/duplicates.js'
import type { TableName } from './insert.js'
import { resultRows } from './result-rows.js'
import type { Run } from './tables.js'

/**
 * Names the memory in which a table keeps its tokens: hosts that give the same name recognise each other's rows. Undefined if it is the memory
 * of that host alone, or of no host; `unknown` if it does not answer. Rejects if the answer cannot be read.
 */
export async function tokenMemoryOf(
  { database, table }: TableName,
  run: Run,
): Promise<string | undefined | 'unknown'> {
  const where = (name: string) =>
    `database = ${quoteText(database)} AND ${name} = ${quoteText(table)}`
  const found = await cells(
    `SELECT engine, engine_full, toString(uuid) FROM system.tables WHERE ${where('name')} LIMIT 1`,
    run,
  )
  if (typeof found === 'string') return found
  const [engine = '', full = '', uuid = ''] = found
  if (engine.startsWith('Shared')) return `${engine} ${uuid}`
  if (engine.startsWith('Replicated')) {
    const path = await cells(
      `SELECT zookeeper_path FROM system.replicas WHERE ${where('table')} LIMIT 1`,
      run,
    )
    if (typeof path === 'string') return path
    return path[0] && `${engine} ${path[0]}`
  }
  if (engine === 'Distributed') {
    const shards = await shardsBehind(full, run)
    if (shards === 'unknown') return shards
    return shards === 'forget' ? undefined : full
  }
  return undefined
}

/** The `engine_full` of the tables behind a Distributed table. `forget`: they do not recognise a batch that is sent through it again. */
export async function shardsBehind(
  engineFull: string,
  run: Run,
): Promise<{ readonly engineFull: string } | 'forget' | 'unknown'> {
  const [, cluster, database, table, sharding = ''] = DISTRIBUTED.exec(engineFull) ?? []
  if (cluster === undefined || database === undefined || table === undefined) return 'forget'
  const text = (quoted: string) => quoted.replace(/^'|'$/g, '') // as it stands in engine_full, so escaped already
  const found = await cells(
    `SELECT (SELECT engine_full FROM system.tables WHERE database = '${text(database)}' AND name = '${text(table)}'),
      max(shard_num), max(replica_num) FROM system.clusters WHERE cluster = '${text(cluster)}'`,
    run,
  )
  if (typeof found === 'string') return 'unknown'
  const [full = '', shards = '0', replicas = '0'] = found.map(String)
  // Each attempt must divide the batch among the shards in the same way.
  if (Number(shards) > 1 && (sharding === '' || RANDOM.test(sharding))) return 'forget'
  const remember = isReplicated(full) || (Number(replicas) === 1 && windowOf(full) > 0)
  return remember ? { engineFull: full } : 'forget'
}

/** How long a MergeTree table remembers tokens; `unknown` if the server does not answer. */
export async function memoryOf(engineFull: string, run: Run): Promise<Memory | 'unknown'> {
  if (!isReplicated(engineFull))
    return { inserts: windowOf(engineFull), ms: Number.POSITIVE_INFINITY }
  const found = await cells(
    `SELECT anyIf(value, name = '${INSERTS}'), anyIf(value, name = '${SECONDS}') FROM system.replicated_merge_tree_settings`,
    run,
  )
  if (typeof found === 'string') return found
  const [inserts, seconds] = found
  return {
    inserts: settingIn(engineFull, INSERTS) ?? (inserts ? Number(inserts) : DEFAULT_INSERTS),
    ms: 1000 * (settingIn(engineFull, SECONDS) ?? (seconds ? Number(seconds) : DEFAULT_SECONDS)),
  }
}

const INSERTS = 'replicated_deduplication_window'
const SECONDS = 'replicated_deduplication_window_seconds'
// Of ClickHouse 26.7, for a server that does not tell.
const DEFAULT_INSERTS = 10_000
const DEFAULT_SECONDS = 3600

/** How many INSERTs a plain table remembers. */
function windowOf(engineFull: string): number {
  return settingIn(engineFull, 'non_replicated_deduplication_window') ?? 0
}

function isReplicated(engineFull: string): boolean {
  return /^(Replicated|Shared)/.test(engineFull)
}

/** The value of a setting that a table has itself. */
function settingIn(engineFull: string, name: string): number | undefined {
  const value = new RegExp(`\\b${name} = (\\d+)`).exec(engineFull)?.[1]
  return value === undefined ? undefined : Number(value)
}

const NAME = String.raw`('(?:[^'\\]|\\.)*')`
const DISTRIBUTED = new RegExp(`^Distributed\\(${NAME}, ${NAME}, ${NAME}(?:, (.*))?\\)`, 's')
const RANDOM = /\b(rand\w*|generate\w+|now\w*|rowNumber\w+)\s*\(/i

/** The first row of a result: empty if there is none, or if the server refuses the question; `unknown` if it does not answer. */
async function cells(statement: string, run: Run): Promise<readonly string[] | 'unknown'> {
  const { outcome, text } = await run(`${statement} FORMAT JSONCompactEachRow`)
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return 'unknown'
  if (outcome.status !== 'delivered') return []
  return resultRows(text)[0] ?? []
}
