import { quoteText } from '@spanhouse/transform'
import type { DestinationConfig } from './config.js'
import { DEDUPLICATION, TOKEN } from './insert.js'
import type { Sender } from './sender.js'

export type Deduplication = 'effective' | 'ineffective' | 'unknown'

/** Asks the server whether its table remembers tokens. `unknown` if it does not tell; undefined if it does not answer. */
export async function deduplicationOf(
  { database, table, asyncInsert }: DestinationConfig,
  sender: Sender,
): Promise<Deduplication | undefined> {
  if (asyncInsert || sender.unknownSettings.has(TOKEN)) return 'ineffective'
  const { outcome, text } = await sender.run(
    `SELECT engine, engine_full FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(table)} LIMIT 1 FORMAT JSONCompactEachRow`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered' || text === '') return 'unknown'
  const [engine = '', full = ''] = JSON.parse(text) as string[]
  const window = /non_replicated_deduplication_window = (\d+)/.exec(full)?.[1]
  const remembers =
    /^(Replicated|Shared).*MergeTree$/.test(engine) ||
    (engine.endsWith('MergeTree') && Number(window) > 0)
  return remembers ? ofProfile(sender) : 'ineffective'
}

const OFF = new Set(['0', 'false', 'disable'])

/** What we send decides. Where it may not be sent, the profile of the user does; a setting that the server does not know has no say. */
async function ofProfile(sender: Sender): Promise<Deduplication | undefined> {
  const leftOut = DEDUPLICATION.filter((name) => sender.unknownSettings.has(name))
  if (leftOut.length === 0) return 'effective'
  const { outcome, text } = await sender.run(
    `SELECT value FROM system.settings WHERE name IN (${leftOut.map(quoteText).join(', ')}) FORMAT TSV`,
  )
  if (outcome.status === 'retry' && outcome.why !== 'misconfigured') return undefined
  if (outcome.status !== 'delivered') return 'unknown'
  return text.split('\n').some((value) => OFF.has(value)) ? 'ineffective' : 'effective'
}
