import { quoteText } from '@spanhouse/transform'
import type { DestinationConfig } from './config.js'
import type { Sender } from './sender.js'

export type Deduplication = 'effective' | 'ineffective' | 'unknown'

/** Asks the server whether its table remembers tokens. `unknown` if it does not tell; undefined if it does not answer. */
export async function deduplicationOf(
  { database, table, asyncInsert }: DestinationConfig,
  sender: Sender,
): Promise<Deduplication | undefined> {
  if (asyncInsert || sender.unknownSettings.has('insert_deduplication_token')) return 'ineffective'
  const { outcome, text } = await sender.run(
    `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1 FORMAT JSONCompactEachRow`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered' || text === '') return 'unknown'
  const [engine = '', full = ''] = JSON.parse(text) as string[]
  if (/^(Replicated|Shared).*MergeTree$/.test(engine)) return 'effective'
  const window = /non_replicated_deduplication_window = (\d+)/.exec(full)?.[1]
  return engine.endsWith('MergeTree') && Number(window) > 0 ? 'effective' : 'ineffective'
}
