import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { quoteIdentifier } from '@spanhouse/transform'
import { type Check, count, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import { UNKNOWN_TABLE } from '../statement.js'
import { folderState } from './folders.js'

const FIX =
  'Look at the rows: they were refused for good. When the cause is mended, `spanhouse replay` sends them.'
const REASON_BYTES = 256 * 1024

export const deadLetters: Check<Facts> = {
  id: 'dead-letters',
  title: 'dead letters',
  async run(facts, signal) {
    const { deadLetter, name } = facts.destination
    if (!deadLetter) return [ok('not kept: refused rows are counted only (option `deadLetter`)')]
    if ('table' in deadLetter) return [await inTable(facts, deadLetter)]
    const found: Found[] = []
    // That of traces has no signal in its name.
    for (const file of ['ndjson', 'logs.ndjson', 'metrics.ndjson'])
      found.push(await inFile(join(deadLetter.directory, `${name}.${file}`), deadLetter, signal))
    const worse = [...new Map(found.map((one) => [one.text, one])).values()].filter(
      ({ level }) => level !== 'ok',
    )
    return worse.length > 0 ? worse : found.slice(0, 1)
  },
}

async function inFile(
  file: string,
  { directory, maxBytes }: { directory: string; maxBytes: number },
  signal: AbortSignal,
): Promise<Found> {
  const { problem: why } = await folderState(directory)
  if (why !== undefined) return problem(why, 'Let the user of the application write there.')
  const size = await stat(file).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  )
  if (size === 0) return ok('none')
  const rows = await linesIn(file, signal)
  const text = `${count(rows, 'row')} in ${file}; the newest: ${await newestReason(file, size)}`
  return size > maxBytes * 0.9
    ? warning(
        `${text}. The file is nearly full`,
        'Move it away: when it is full, refused rows are dropped.',
      )
    : warning(text, FIX)
}

async function linesIn(file: string, signal: AbortSignal): Promise<number> {
  let lines = 0
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024, signal }))
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  return lines
}

/** From the end of the file. The last row may be longer than what is read. */
async function newestReason(file: string, size: number): Promise<string> {
  const handle = await open(file)
  try {
    const length = Math.min(size, REASON_BYTES)
    const end = Buffer.alloc(length)
    await handle.read(end, 0, length, size - length)
    const last = end.toString().trimEnd().split('\n').at(-1) ?? ''
    const { time, message } = Object(JSON.parse(last))
    return `${String(message).slice(0, 200)} (${String(time).slice(0, 40)})`
  } catch {
    return 'unknown'
  } finally {
    await handle.close()
  }
}

async function inTable(
  { server }: Facts,
  { database, table }: { database: string; table: string },
): Promise<Found> {
  const place = `${quoteIdentifier(database)}.${quoteIdentifier(table)}`
  const { rows, refused } = await server.rows(
    `SELECT count() AS rows, base64Encode(substring(argMax(JSONExtractString(data_before, 'message'), source_nanos), 1, 200)) AS reason, max(source_nanos) AS newest FROM ${place}`,
  )
  if (!rows)
    return refused.code === UNKNOWN_TABLE || refused.why === 'missing_table'
      ? ok(`none: ${database}.${table} does not exist yet`)
      : skipped(`${database}.${table} cannot be read: ${refused.text}`, refused.fix)
  const [row] = rows
  const kept = Number(row?.['rows'] ?? 0)
  if (kept === 0) return ok('none')
  const at = new Date(Number(row?.['newest']) / 1e6)
  const when = Number.isNaN(at.getTime()) ? 'unknown time' : at.toISOString()
  // In base64, because an answer that contains the text of an exception looks like a refusal.
  const reason = Buffer.from(String(row?.['reason'] ?? ''), 'base64').toString()
  return warning(
    `${count(kept, 'row')} in ${database}.${table}; the newest: ${reason} (${when})`,
    FIX,
  )
}
