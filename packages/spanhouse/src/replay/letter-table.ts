import { randomUUID } from 'node:crypto'
import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import { oneLine, type TableName } from '#exporter'
import { CONFLICT, MARK } from '../clickhouse/dead-letter-rows.js'
import { TOO_MANY_QUERIES } from '../clickhouse/failures.js'
import { LONG_LIMITS } from '../clickhouse/limits.js'
import { ReadError } from '../clickhouse/read-error.js'
import { CommandError } from '../terminal/command-error.js'
import { failure, patiently, written } from '../writing/patiently.js'
import type { ReplayDestination } from './destination.js'
import type { SendBatch } from './letter-file.js'
import { goTogether, type Letter, letterOf } from './letters.js'
import { needsTwoQueries, openTableLock, type TableLock } from './table-lock.js'
import type { Tally } from './tally.js'

const UNKNOWN_IDENTIFIER = 47
const MAX_ROWS = 500
const MAX_BYTES = 4 * 1024 * 1024

interface Place {
  readonly name: string
  readonly nanos: string
  readonly event: string
}

/**
 * Sends the rows of a table of dead letters, and deletes those that went in. Before a batch is sent, a row of the table says which letters it
 * has: a replay that was killed is finished by the next one, with the same batch and the same token. So there is a lock: two replays at once
 * would put the same letters into different batches, whose tokens differ.
 */
export async function replayTable(
  destination: ReplayDestination,
  at: TableName,
  send: SendBatch,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const lock = openTableLock(destination, at, signal)
  try {
    await lock.hold()
    await sendAll(openLetterTable(destination, at, signal), lock, send, tally)
  } catch (error) {
    // The question whether the lock is held is not limited: the first one after it is.
    const isSecond = error instanceof ReadError && error.code === TOO_MANY_QUERIES
    throw isSecond ? needsTwoQueries(destination) : error
  } finally {
    lock.release()
  }
}

async function sendAll(
  letters: LetterTable,
  lock: TableLock,
  send: SendBatch,
  tally: Tally,
): Promise<void> {
  for (const { event, events } of await letters.marks()) {
    await lock.hold() // a proxy may have ended the connection meanwhile
    await sendMarked(letters, event, await letters.read(events), send, tally)
  }
  tally.add(undefined, 0, await letters.conflicts())
  for (let after: Place | undefined; ; ) {
    await lock.hold()
    const places = await letters.next(after)
    const last = places.at(-1)
    if (last === undefined) return
    after = last
    const mark = randomUUID()
    const events = places.map(({ event }) => event)
    await letters.mark(mark, events)
    await sendMarked(letters, mark, await letters.read(events), send, tally)
  }
}

type LetterTable = ReturnType<typeof openLetterTable>

async function sendMarked(
  table: LetterTable,
  mark: string,
  rows: readonly { readonly event: string; readonly letter: Letter | undefined }[],
  send: SendBatch,
  tally: Tally,
): Promise<void> {
  const letters = rows.flatMap(({ letter }) => (letter ? [letter] : []))
  const refused = new Set<string>()
  for (let from = 0; from < letters.length; ) {
    const first = letters[from] as Letter
    const others = letters.findIndex((one, i) => i > from && !goTogether(first, one))
    const end = others < 0 ? letters.length : others
    const sent = await send(letters.slice(from, end), `${mark} ${from}`)
    for (const { key } of sent.refused) refused.add(key)
    tally.add(sent)
    from = end
  }
  tally.add(undefined, rows.length - letters.length)
  const gone = letters.map(({ key }) => key).filter((key) => !refused.has(key))
  // In one statement: a mark without its letters, or letters without their mark, would be sent again.
  await table.remove([mark, ...gone])
}

function openLetterTable(destination: ReplayDestination, at: TableName, signal: AbortSignal) {
  const { reader, sender, url } = destination
  const place = `${quoteIdentifier(at.database)}.${quoteIdentifier(at.table)}`
  const what = `${at.database}.${at.table}`
  const ask = async <Row>(sql: string, parameters: Readonly<Record<string, string>> = {}) =>
    (await reader.ask<Row>({ name: 'dead letters', sql, parameters }, signal, LONG_LIMITS)).rows
  const run = async (statement: string) => (await sender.run(statement)).outcome
  const isLetter = `dlq_name != ${quoteText(MARK)} AND JSONExtractString(data_before, 'reason') != ${quoteText(CONFLICT)}`
  const listOf = (events: readonly string[]) => events.map(quoteText).join(', ')

  return {
    async marks() {
      const rows = await ask<{ event: string; data_after: string }>(
        `SELECT toString(event) AS event, data_after FROM ${place} WHERE dlq_name = ${quoteText(MARK)} ORDER BY source_nanos`,
      ).catch((error) => {
        if (error instanceof ReadError && error.code === UNKNOWN_IDENTIFIER)
          throw new CommandError(`${oneLine(what)} at ${url} is no table of dead letters.`)
        throw error
      })
      return rows.map(({ event, data_after }) => ({ event, events: eventsIn(data_after) }))
    },
    /** Where the next letters stand, bounded in rows and bytes. */
    async next(after: Place | undefined): Promise<readonly Place[]> {
      const order = '(dlq_name, source_nanos, toString(event))'
      const since = after ? ` AND ${order} > ({name:String}, {nanos:Int64}, {event:String})` : ''
      const rows = await ask<Place & { bytes: number }>(
        `SELECT dlq_name AS name, toString(source_nanos) AS nanos, toString(event) AS event, toUInt32(length(data_after)) AS bytes
FROM ${place} WHERE ${isLetter}${since} ORDER BY dlq_name, source_nanos, toString(event) LIMIT ${MAX_ROWS}`,
        after ? { ...after } : {},
      )
      let bytes = 0
      const fitting = rows.findIndex((row) => {
        bytes += Number(row.bytes)
        return bytes > MAX_BYTES
      })
      const taken = fitting < 0 ? rows : rows.slice(0, Math.max(1, fitting))
      return taken.map(({ name, nanos, event }) => ({ name, nanos, event }))
    },
    async read(events: readonly string[]) {
      if (events.length === 0) return []
      const rows = await ask<{ event: string; database: string; name: string; row: string }>(
        `SELECT toString(event) AS event, JSONExtractString(data_before, 'database') AS database, dlq_name AS name, data_after AS row FROM ${place} WHERE event IN (${listOf(events)})`,
      )
      const found = new Map(rows.map((row) => [row.event, row]))
      return events.flatMap((event) => {
        const row = found.get(event)
        if (row === undefined) return []
        // Letters of earlier versions have no database: the table of dead letters is in that of the destination.
        const from = { database: row.database || at.database, table: row.name }
        return [{ event, letter: letterOf(from, row.row, event) }]
      })
    },
    async conflicts() {
      const rows = await ask<{ rows: number }>(
        `SELECT toUInt32(count()) AS rows FROM ${place} WHERE JSONExtractString(data_before, 'reason') = ${quoteText(CONFLICT)}`,
      )
      return Number(rows[0]?.rows ?? 0)
    },
    async mark(event: string, events: readonly string[]) {
      const row = JSON.stringify({
        event,
        dlq_name: MARK,
        source_nanos: String(BigInt(Date.now()) * 1_000_000n),
        source_logical: 0,
        data_after: JSON.stringify(events),
        data_before: '{}',
      })
      const statement = `INSERT INTO ${place} FORMAT JSONEachRow ${row}`
      await written(`Writing to ${what}`, url, () => run(statement), signal)
    },
    async remove(events: readonly string[]) {
      const condition = `event IN (${listOf(events)})`
      const light = await patiently(() => run(`DELETE FROM ${place} WHERE ${condition}`), signal)
      if (light.status === 'delivered') return
      const heavy = `ALTER TABLE ${place} DELETE WHERE ${condition} SETTINGS mutations_sync = 2`
      const outcome = await patiently(() => run(heavy), signal)
      if (outcome.status !== 'delivered')
        throw failure(`Rows went in, but deleting them from ${what}`, url, outcome)
    },
  }
}

function eventsIn(text: string): readonly string[] {
  try {
    const events: unknown = JSON.parse(text)
    return Array.isArray(events) ? events.map(String) : []
  } catch {
    return []
  }
}
