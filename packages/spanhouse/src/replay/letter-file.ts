import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ShowPath } from '../terminal/shown-path.js'
import { type Journal, openJournal } from './journal.js'
import { goTogether, type Letter, letterOf } from './letters.js'
import { type Line, linesFrom } from './lines.js'
import { lock } from './lock.js'
import type { Sent } from './send-letters.js'
import type { Tally } from './tally.js'

/** Sends the letters of one batch, which has a name for ever. */
export type SendBatch = (letters: readonly Letter[], batch: string) => Promise<Sent>

const LETTERS = /^(.*?)(?:\.refused-[0-9a-f]{8})?\.ndjson$/s
const CLAIMED = /^(.*)\.replay-([0-9a-f]{8})$/s

const MAX_ROWS = 500
const MAX_BYTES = 4 * 1024 * 1024
const COPY_BYTES = 1024 * 1024
const NEWLINE = 0x0a

/** The files of dead letters in a folder, or one file with what an interrupted replay has made of it: those that were begun come first. */
export async function letterFiles(path: string): Promise<readonly string[]> {
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() ?? false
  const folder = isFolder ? path : dirname(path)
  const names = (await readdir(folder)).filter((name) => {
    const original = CLAIMED.exec(name)?.[1] ?? name
    return isFolder ? LETTERS.test(original) : original === basename(path)
  })
  const isBegun = (name: string) => Number(CLAIMED.test(name))
  return names
    .sort((a, b) => isBegun(b) - isBegun(a) || (a < b ? -1 : 1))
    .map((name) => join(folder, name))
}

/**
 * Sends the rows of one file. The file is renamed first, so that an application may go on writing dead letters under the old name. What has
 * gone in is noted beside it; at the end it is removed, and rows that are refused again are in a file of their own. `database` is that of
 * letters that name only a table.
 */
export async function replayFile(
  path: string,
  database: string,
  send: SendBatch,
  tally: Tally,
  show: ShowPath,
): Promise<void> {
  const claimed = CLAIMED.test(path) ? path : `${path}.replay-${randomBytes(4).toString('hex')}`
  const unlock = await lock(CLAIMED.exec(claimed)?.[1] ?? path, show)
  try {
    if (claimed !== path) await rename(path, claimed)
    const file = await open(claimed)
    const journal = await openJournal(`${claimed}.journal`)
    try {
      await sendLines(batchesOf(file, journal.done, database), claimed, journal, send, tally)
      await keepRefused(file, claimed, journal.refused)
    } finally {
      await journal.close()
      await file.close()
    }
    await rm(claimed)
    await rm(`${claimed}.journal`)
  } finally {
    await unlock()
  }
}

async function sendLines(
  batches: AsyncIterable<FileBatch>,
  claimed: string,
  journal: Journal,
  send: SendBatch,
  tally: Tally,
): Promise<void> {
  const id = CLAIMED.exec(claimed)?.[2] ?? ''
  for await (const { letters, unreadable, end } of batches) {
    const [first] = letters
    const sent = first && (await send(letters, `${id} ${first.key}`))
    await journal.note(end, [...unreadable, ...(sent?.refused ?? []).map(({ key }) => Number(key))])
    tally.add(sent, unreadable.length)
  }
}

interface FileBatch {
  readonly letters: readonly Letter[]
  /** The offsets of lines that are no letters. */
  readonly unreadable: readonly number[]
  readonly end: number
}

/** From the same offset on, the batches are always the same. */
async function* batchesOf(
  file: FileHandle,
  from: number,
  database: string,
): AsyncGenerator<FileBatch> {
  let letters: Letter[] = []
  let unreadable: number[] = []
  let bytes = 0
  let end = from
  for await (const line of linesFrom(file, from)) {
    const letter = letterIn(line, database)
    const [first] = letters
    const lines = letters.length + unreadable.length
    const length = line.end - line.at
    // Lines that are no letters count, too: a file may have nothing else.
    const isFull = lines >= MAX_ROWS || (lines > 0 && bytes + length > MAX_BYTES)
    if (isFull || (first && letter && !goTogether(first, letter))) {
      yield { letters, unreadable, end }
      letters = []
      unreadable = []
      bytes = 0
    }
    if (letter) letters.push(letter)
    else if (line.text?.trim() !== '') unreadable.push(line.at)
    bytes += length
    end = line.end
  }
  if (letters.length + unreadable.length > 0) yield { letters, unreadable, end }
}

function letterIn({ text, at }: Line, otherwise: string): Letter | undefined {
  if (text === undefined) return undefined
  try {
    const { database = otherwise, table, row } = Object(JSON.parse(text))
    const isLetter = [database, table, row].every((one) => typeof one === 'string')
    return isLetter ? letterOf({ database, table }, row, String(at)) : undefined
  } catch {
    return undefined
  }
}

/** The whole file or nothing, under a name that this replay always gives: it may be killed after any step. */
async function keepRefused(
  file: FileHandle,
  claimed: string,
  refused: ReadonlySet<number>,
): Promise<void> {
  if (refused.size === 0) return
  const [, original = claimed, id = ''] = CLAIMED.exec(claimed) ?? []
  const kept = `${LETTERS.exec(original)?.[1] ?? original}.refused-${id}.ndjson`
  const draft = await open(`${kept}.draft`, 'w', 0o600)
  try {
    for await (const line of linesFrom(file, 0))
      if (refused.has(line.at)) await copy(file, line, draft)
    await draft.sync()
  } finally {
    await draft.close()
  }
  await rename(`${kept}.draft`, kept)
}

/** Byte by byte: a line may be too long for memory, or no text. The last one of a file may lack its line break. */
async function copy(file: FileHandle, { at, end }: Line, draft: FileHandle): Promise<void> {
  const piece = Buffer.allocUnsafe(Math.min(end - at, COPY_BYTES))
  let last: number | undefined
  for (let position = at; position < end; ) {
    const { bytesRead } = await file.read(
      piece,
      0,
      Math.min(piece.length, end - position),
      position,
    )
    if (bytesRead === 0) break // somebody has cut the file
    await draft.appendFile(piece.subarray(0, bytesRead))
    last = piece[bytesRead - 1]
    position += bytesRead
  }
  if (last !== NEWLINE) await draft.appendFile('\n')
}
