import { quoteText } from '@spanhouse/transform'
import type { Memory } from '../accounting/duplicates.js'
import type { Deduplication } from '../accounting/stats.js'
import { DEDUPLICATION, TOKEN } from '../config/insert-settings.js'
import type { TableName } from './insert.js'
import { resultRows } from './result-rows.js'
import type { Sender } from './sender.js'
import { memoryOf, shardsBehind } from './token-memory.js'

type Asking = Pick<Sender, 'run' | 'leftOut'>

export interface Finding {
  readonly deduplication: Deduplication
  /** Why it is ineffective, and what to do about it, as sentences. */
  readonly because?: string
  /** It is so for every table there. */
  readonly ofServer?: true
  /** If it is effective: for how long. */
  readonly memory?: Memory
}

/**
 * Asks the server whether its table remembers tokens. `unknown` if it does not tell; undefined if it does not answer. Rejects if the answer
 * cannot be read.
 */
export async function deduplicationOf(
  { database, table }: TableName,
  sender: Asking,
): Promise<Finding | undefined> {
  if (sender.leftOut.names.has(TOKEN))
    return {
      deduplication: 'ineffective',
      because: 'The server does not support deduplication tokens.',
      ofServer: true,
    }
  const { outcome, text } = await sender.run(
    `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1 FORMAT JSONCompactEachRow`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered') return { deduplication: 'unknown' }
  const [row] = resultRows(text)
  if (!row) return { deduplication: 'unknown' }
  const [engine = '', full = ''] = row
  if (engine === 'Distributed') {
    const shards = await shardsBehind(full, sender.run)
    if (shards === 'unknown') return undefined
    if (shards === 'forget') return { deduplication: 'ineffective', because: SHARDS_FORGET }
    return ofTable(shards.engineFull, sender)
  }
  if (!engine.endsWith('MergeTree'))
    return { deduplication: 'ineffective', because: cannot(engine) }
  return ofTable(full, sender)
}

const SHARDS_FORGET =
  'The tables behind the Distributed one must be Replicated, or have non_replicated_deduplication_window and one replica a shard (ddl() sees to that), and the sharding key must be the same at each attempt.'
const NO_WINDOW = 'Set non_replicated_deduplication_window on the table (ddl() does).'
const NO_REPLICATED_WINDOW = 'Set replicated_deduplication_window on the table: it is 0.'

function cannot(engine: string): string {
  const where = /^(Buffer|Merge)$/.test(engine)
    ? ' Insert into the MergeTree table behind it, if you can.'
    : ''
  return `The engine of the table, ${engine}, does not support deduplication tokens.${where}`
}

async function ofTable(engineFull: string, sender: Asking): Promise<Finding | undefined> {
  const memory = await memoryOf(engineFull, sender.run)
  if (memory === 'unknown') return undefined
  if (memory.inserts > 0 && memory.ms > 0) return ofProfile(memory, sender)
  const because = Number.isFinite(memory.ms) ? NO_REPLICATED_WINDOW : NO_WINDOW
  return { deduplication: 'ineffective', because }
}

const OFF = new Set(['0', 'false', 'disable'])

/**
 * The settings that we send decide. For a setting that may not be sent, the profile of the user decides. A setting that the server does not
 * know has no effect.
 */
async function ofProfile(memory: Memory, sender: Asking): Promise<Finding | undefined> {
  const leftOut = DEDUPLICATION.filter((name) => sender.leftOut.names.has(name))
  if (leftOut.length === 0) return { deduplication: 'effective', memory }
  const { outcome, text } = await sender.run(
    `SELECT name, value FROM system.settings WHERE name IN (${leftOut.map(quoteText).join(', ')}) FORMAT TSV`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered') return { deduplication: 'unknown' }
  const rows = text.split('\n').map((line) => line.split('\t'))
  const [off] = rows.find(([, value = '']) => OFF.has(value)) ?? []
  return off === undefined
    ? { deduplication: 'effective', memory }
    : {
        deduplication: 'ineffective',
        because: `The profile of this user switches \`${off}\` off.`,
        ofServer: true,
      }
}
