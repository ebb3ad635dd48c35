import { wholeRow } from '@spanhouse/transform/internal'
import type { Insert } from '../clickhouse/insert.js'
import type { Rejection } from '../clickhouse/outcome.js'
import type { DestinationLog } from '../telemetry/log.js'
import type { DeadLetters } from './dead-letters.js'
import type { Entry } from './entry.js'
import type { Holdings } from './holdings.js'
import type { KnownTables } from './known-tables.js'

interface Surroundings {
  readonly holdings: Holdings
  readonly tables: KnownTables
  readonly deadLetters: DeadLetters | undefined
  readonly log: DestinationLog
}

/** Gives up a batch of one row that the server will never take: a dead letter if those are kept, else dropped. */
export async function giveUp(
  entry: Entry,
  insert: Insert,
  { status, error }: Rejection,
  { holdings, tables, deadLetters, log }: Surroundings,
): Promise<void> {
  const [line] = entry.batch && deadLetters ? await entry.batch.lines() : []
  if (!deadLetters || line === undefined) return holdings.drop(entry, status, error)
  const problem = await deadLetters.keep({
    row: insert.whole ? wholeRow(insert.whole.shape, line) : line,
    error,
    attempts: entry.history.failures + 1,
    insert,
    table: tables.of(insert).name.table,
  })
  if (problem) log.lostLetter(problem)
  holdings.drop(entry, problem ? status : 'dead_lettered', error)
}
