import { quoteText } from '@spanhouse/transform'
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
    return shards === 'remember' ? full : shards === 'unknown' ? shards : undefined
  }
  return undefined
}

/** Whether the tables behind a Distributed table recognise a batch that is sent through it again. */
export async function shardsBehind(
  engineFull: string,
  run: Run,
): Promise<'remember' | 'forget' | 'unknown'> {
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
  if (/^(Replicated|Shared)/.test(full)) return 'remember'
  return Number(replicas) === 1 && windowOf(full) > 0 ? 'remember' : 'forget'
}

/** How many tokens a plain table remembers. */
export function windowOf(engineFull: string): number {
  return Number(/non_replicated_deduplication_window = (\d+)/.exec(engineFull)?.[1] ?? 0)
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
