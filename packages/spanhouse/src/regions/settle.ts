import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import { ClickHouseError, createDeadLetters } from '#exporter'
import { CONFLICT } from '../clickhouse/dead-letter-rows.js'
import { failure, patiently, written } from '../writing/patiently.js'
import type { Common } from './common-columns.js'
import { ofHashes, type Types } from './copy.js'
import { quoted, type RegionTable, type TableAt } from './region.js'
import { type Window, within } from './window.js'

/**
 * Moves rows that are older than another of their identity into the table of dead letters of the same server, and then deletes them. A
 * process that was killed in between finds the letters there and only deletes. Resolves when the rows are gone.
 */
export async function setAside(
  table: RegionTable,
  letters: TableAt,
  { common, types }: { readonly common: Common; readonly types: Types },
  window: Window,
  hashes: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { region } = table
  const run = async (statement: string, repeatable = true) =>
    (await region.sender.run(statement, repeatable)).outcome
  const rows = `${within(common.time, window)} AND ${ofHashes(common, hashes)}`
  // The same row is the same letter, on both servers and in every run.
  const event = `toUUID(concat(substring(_id, 1, 8), '-', substring(_id, 9, 4), '-', substring(_id, 13, 4), '-', substring(_id, 17, 4), '-', substring(_id, 21, 12)))`
  const id = `lower(hex(sipHash128(${quoteText(table.table)}, ${common.hash})))`
  const names = [...types.keys()].map(quoteIdentifier)
  const type = `Tuple(${[...types.values()].map((one, i) => `${names[i]} ${one}`).join(', ')})`
  // A tuple whose elements have names becomes an object.
  const row = `toJSONString(CAST(tuple(${names.join(', ')}), ${quoteText(type)}))`
  const statement = `INSERT INTO ${quoted(letters)} (event, dlq_name, source_nanos, source_logical, data_after, data_before)
SELECT ${event} AS _event, ${quoteText(table.table)}, toUnixTimestamp64Nano(now64(9)), 0, _row, ${quoteText(JSON.stringify({ reason: CONFLICT, database: table.database, message: 'a newer row has the same identity' }))}
FROM (SELECT ${id} AS _id, ${row} AS _row FROM ${quoted(table)}${table.final} WHERE ${rows} LIMIT 1 BY _id)
WHERE _event NOT IN (SELECT event FROM ${quoted(letters)})`
  // Not repeatable by itself: two of these at the same time would both find no letter.
  const insert = () => run(statement, false)
  const first = await patiently(insert, signal)
  if (first.status === 'missing_table') {
    const create = createDeadLetters(letters, { ...table, cluster: region.cluster })
    await written('Creating the table of dead letters', region.url, () => run(create), signal)
    await written('Writing dead letters', region.url, insert, signal)
  } else if (first.status !== 'delivered') throw failure('Writing dead letters', region.url, first)
  await remove(table, rows, signal)
}

/** Deletes rows, and resolves when no query sees them any more. */
export async function remove(
  table: RegionTable,
  condition: string,
  signal: AbortSignal,
): Promise<void> {
  const { url, sender } = table.region
  const run = async (statement: string) => (await sender.run(statement)).outcome
  const light = await patiently(
    () => run(`DELETE FROM ${quoted(table)} WHERE ${condition}`),
    signal,
  )
  if (light.status === 'delivered') return
  if (!(light.error instanceof ClickHouseError)) throw failure('Deleting rows', url, light)
  // A table with projections, or an engine without lightweight deletes.
  const heavy = `ALTER TABLE ${quoted(table)} DELETE WHERE ${condition} SETTINGS mutations_sync = 2`
  await written('Deleting rows', url, () => run(heavy), signal)
}
