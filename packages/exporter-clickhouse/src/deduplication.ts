import { quoteText } from '@spanhouse/transform'
import type { DestinationConfig } from './config.js'
import { DEDUPLICATION } from './insert.js'
import type { Sender } from './sender.js'

export type Deduplication = 'effective' | 'ineffective' | 'unknown'

export interface Finding {
  readonly deduplication: Deduplication
  /** Why it is ineffective and what may be done, as a sentence. */
  readonly because?: string
}

/** Asks the server whether its table remembers tokens. `unknown` if it does not tell; undefined if it does not answer. */
export async function deduplicationOf(
  { database, table, asyncInsert }: DestinationConfig,
  sender: Sender,
): Promise<Finding | undefined> {
  if (asyncInsert) return { deduplication: 'ineffective' }
  if (sender.unknownSettings.has('insert_deduplication_token'))
    return { deduplication: 'ineffective', because: 'The server takes no tokens.' }
  const forbidden = DEDUPLICATION.find((setting) => sender.forbiddenSettings.has(setting))
  if (forbidden !== undefined)
    return { deduplication: 'ineffective', because: `A constraint forbids \`${forbidden}\`.` }
  const { outcome, text } = await sender.run(
    `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1 FORMAT JSONCompactEachRow`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered' || text === '') return { deduplication: 'unknown' }
  const [engine = '', full = ''] = JSON.parse(text) as string[]
  if (/^(Replicated|Shared).*MergeTree$/.test(engine)) return { deduplication: 'effective' }
  const isMergeTree = engine.endsWith('MergeTree')
  const window = /non_replicated_deduplication_window = (\d+)/.exec(full)?.[1]
  if (isMergeTree && Number(window) > 0) return { deduplication: 'effective' }
  return { deduplication: 'ineffective', because: isMergeTree ? NO_WINDOW : cannot(engine) }
}

const NO_WINDOW = 'Set non_replicated_deduplication_window on the table (ddl() does).'

function cannot(engine: string): string {
  const where = /^(Distributed|Buffer|Merge)$/.test(engine)
    ? ` Insert into the MergeTree table behind it, if you can.`
    : ''
  return `The engine of the table, ${engine}, knows no tokens.${where}`
}
