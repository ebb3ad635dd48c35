import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import { CONFLICT, MARK } from '../../clickhouse/dead-letter-rows.js'
import { type Check, count, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import { UNKNOWN_TABLE } from '../statement.js'
import { entriesOf, folderState } from './folders.js'

const FIX =
  'Look at the rows: they were refused for good. When the cause is mended, `spanhouse replay` sends them.'
const REASON_BYTES = 256 * 1024
const MAX_FILES = 10
const LETTERS = /^(\.logs|\.metrics)?(\.refused-[0-9a-f]{8})?\.ndjson(\.replay-[0-9a-f]{8})?$/
const OF_REPLAY = /\.(refused|replay)-[0-9a-f]{8}/

export const deadLetters: Check<Facts> = {
  id: 'dead-letters',
  title: 'dead letters',
  async run(facts, signal) {
    const { deadLetter, spool, name } = facts.destination
    // `spanhouse replay` keeps rows of a spool there that are refused again.
    const ofSpool = spool ? await inFolder(name, join(spool.directory, 'refused'), signal) : []
    if (!deadLetter)
      return [ok('not kept: refused rows are counted only (option `deadLetter`)'), ...ofSpool]
    if ('table' in deadLetter) return [await inTable(facts, deadLetter), ...ofSpool]
    const { directory, maxBytes } = deadLetter
    const { problem: why } = await folderState(directory)
    if (why !== undefined)
      return [problem(why, 'Let the user of the application write there.'), ...ofSpool]
    const found = [...(await inFolder(name, directory, signal, maxBytes)), ...ofSpool]
    return found.length > 0 ? found : [ok('none')]
  },
}

/** The letters of one destination, of all signals: as applications write them, refused again by a replay, or left by an interrupted replay. */
async function inFolder(
  destination: string,
  directory: string,
  signal: AbortSignal,
  maxBytes?: number,
): Promise<readonly Found[]> {
  const files: string[] = []
  for await (const { name, path, isFile } of entriesOf(directory))
    if (
      isFile &&
      name.startsWith(`${destination}.`) &&
      LETTERS.test(name.slice(destination.length))
    )
      files.push(path)
  const found: Found[] = []
  for (const file of files.sort().slice(0, MAX_FILES))
    found.push(...(await inFile(file, signal, maxBytes)))
  if (files.length > MAX_FILES)
    found.push(warning(`${count(files.length - MAX_FILES, 'more file')} in ${directory}`, FIX))
  return found
}

async function inFile(
  file: string,
  signal: AbortSignal,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<readonly Found[]> {
  const { size } = await stat(file).catch(() => ({ size: 0 }))
  if (size === 0) return []
  const rows = await linesIn(file, signal)
  const text = `${count(rows, 'row')} in ${file}; the newest: ${await newestReason(file, size)}`
  // Applications write only to files without `refused-` and `replay-` in their names, so only these can be full.
  return size > maxBytes * 0.9 && !OF_REPLAY.test(file)
    ? [
        warning(
          `${text}. The file is nearly full`,
          'Move it away: when it is full, refused rows are dropped.',
        ),
      ]
    : [warning(text, FIX)]
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
    `SELECT countIf(NOT lost) AS rows, countIf(lost) AS conflicts, base64Encode(substring(argMaxIf(JSONExtractString(data_before, 'message'), source_nanos, NOT lost), 1, 200)) AS reason, maxIf(source_nanos, NOT lost) AS newest
FROM (SELECT *, JSONExtractString(data_before, 'reason') = ${quoteText(CONFLICT)} AS lost FROM ${place} WHERE dlq_name != ${quoteText(MARK)})`,
  )
  if (!rows)
    return refused.code === UNKNOWN_TABLE || refused.why === 'missing_table'
      ? ok(`none: ${database}.${table} does not exist yet`)
      : skipped(`${database}.${table} cannot be read: ${refused.text}`, refused.fix)
  const [row] = rows
  const kept = Number(row?.['rows'] ?? 0)
  const conflicts = Number(row?.['conflicts'] ?? 0)
  const older = `${count(conflicts, 'row')} in ${database}.${table} lost a conflict (spanhouse compare --repair)`
  if (kept === 0) return ok(conflicts > 0 ? older : 'none')
  const at = new Date(Number(row?.['newest']) / 1e6)
  const when = Number.isNaN(at.getTime()) ? 'unknown time' : at.toISOString()
  // In base64, because an answer that contains the text of an exception looks like a refusal.
  const reason = Buffer.from(String(row?.['reason'] ?? ''), 'base64').toString()
  return warning(
    `${count(kept, 'row')} in ${database}.${table}; the newest: ${reason} (${when})${conflicts > 0 ? `. ${older}` : ''}`,
    FIX,
  )
}
