import { createHash } from 'node:crypto'
import { quoteIdentifier, quoteText } from '@spanhouse/transform'
import { compressedBatch, errorText, OF_EVERY_INSERT, type Outcome, TOKEN } from '#exporter'
import { LONG_LIMITS } from '../clickhouse/limits.js'
import { ReadError } from '../clickhouse/read-error.js'
import { identityIn } from '../writing/identity.js'
import { failure, patiently } from '../writing/patiently.js'
import type { ReplayDestination } from './destination.js'
import type { Letter } from './letters.js'

/** What became of the letters of one batch. */
export interface Sent {
  readonly delivered: readonly Letter[]
  /** Spans that the server had already. */
  readonly there: readonly Letter[]
  readonly refused: readonly Letter[]
  /** Why the last one was refused. */
  readonly because?: string
}

const GZIP = { codec: 'gzip', level: 6, thresholdBytes: 1024 } as const
const DEADLINE_MS = 60_000

/**
 * Sends letters that go together. `batch` names them for ever: the same letters under the same name have the same token, so that the server
 * takes them once, whenever they are sent again. Rejects if the server cannot take any rows.
 */
export async function sendLetters(
  destination: ReplayDestination,
  letters: readonly Letter[],
  batch: string,
  signal: AbortSignal,
): Promise<Sent> {
  // Without the table the INSERT says what is wrong.
  const known = await idsThere(destination, letters, signal).catch((error) => {
    if (error instanceof ReadError && error.code === UNKNOWN_TABLE) return NONE
    throw error
  })
  const there = letters.filter((letter) => known.has(idOf(letter)))
  const lacking = letters.filter((letter) => !known.has(idOf(letter)))
  const sent = lacking.length === 0 ? NOTHING : await send(destination, lacking, batch, signal)
  return { ...sent, there }
}

const NONE: ReadonlySet<string> = new Set()
const UNKNOWN_TABLE = 60
const NOTHING: Omit<Sent, 'there'> = { delivered: [], refused: [] }

async function send(
  destination: ReplayDestination,
  letters: readonly Letter[],
  batch: string,
  signal: AbortSignal,
): Promise<Omit<Sent, 'there'>> {
  const outcome = await insert(destination, letters, batch, signal)
  if (outcome.status === 'delivered') return { delivered: letters, refused: [] }
  const [first] = letters
  const { database, table } = first?.at ?? { database: '', table: '' }
  // Others may be for tables that are there.
  if (outcome.status === 'missing_table')
    return { delivered: [], refused: letters, because: errorText(outcome.error) }
  if (outcome.status !== 'rejected' && outcome.status !== 'too_large')
    throw failure(`Sending rows to ${database}.${table}`, destination.url, outcome)
  if (letters.length === 1)
    return { delivered: [], refused: letters, because: errorText(outcome.error) }
  // Where the server names the row, it is sent alone: the others need not be halved again and again.
  const { row } = outcome
  const at = row !== undefined && row > 0 && row < letters.length ? row : letters.length >> 1
  const halves = [letters.slice(0, at), letters.slice(at)]
  const parts: Omit<Sent, 'there'>[] = []
  for (const half of halves) parts.push(await send(destination, half, batch, signal))
  const because = parts.findLast((part) => part.because !== undefined)?.because
  return {
    delivered: parts.flatMap(({ delivered }) => delivered),
    refused: parts.flatMap(({ refused }) => refused),
    ...(because !== undefined && { because }),
  }
}

async function insert(
  { sender, config: { settings } }: ReplayDestination,
  letters: readonly Letter[],
  batch: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { at, names } = letters[0] as Letter
  const columns = names.map(quoteIdentifier).join(', ')
  const into = `${quoteIdentifier(at.database)}.${quoteIdentifier(at.table)}`
  const statement = `INSERT INTO ${into} (${columns}) FORMAT JSONEachRow`
  const compressed = await compressedBatch(
    letters.map(({ row }) => row),
    GZIP,
  )
  // Two equal letters are two rows: the token says which letters these are.
  const identity = [batch, statement, ...letters.flatMap(({ key, row }) => [key, row])]
  const token = `replay-${createHash('sha256').update(identity.join('\0')).digest('hex').slice(0, 32)}`
  const all = { ...OF_EVERY_INSERT, ...settings, [TOKEN]: token }
  return patiently(
    () =>
      sender.attempt(compressed, { statement, settings: all }, undefined, {
        deadlineMs: DEADLINE_MS,
        repeatable: true,
        pingFirst: false,
      }),
    signal,
  )
}

/** The spans among these that the server has: those need no token to be recognised. */
async function idsThere(
  { reader }: ReplayDestination,
  letters: readonly Letter[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { at, names } = letters[0] as Letter
  const identity = identityIn(new Set(names))
  if (identity.length === 0) return new Set()
  const ids = letters.map((letter) => `(${valuesOf(letter, identity).map(quoteText).join(', ')})`)
  const columns = identity.map((name) => `toString(${quoteIdentifier(name)})`)
  const aliased = columns.map((column, i) => `${column} AS _id${i}`)
  const traces = letters.map((letter) => quoteText(valuesOf(letter, identity)[0] ?? ''))
  const query = {
    name: 'spans that are there',
    // The first condition is for the index on trace ids.
    sql: `SELECT DISTINCT ${aliased.join(', ')} FROM ${quoteIdentifier(at.database)}.${quoteIdentifier(at.table)}
WHERE ${quoteIdentifier(identity[0] ?? '')} IN (${traces.join(', ')}) AND (${columns.join(', ')}) IN (${ids.join(', ')})`,
    parameters: {},
  }
  const { rows } = await reader.ask<Record<string, string>>(query, signal, LONG_LIMITS)
  return new Set(rows.map((row) => JSON.stringify(identity.map((_, i) => String(row[`_id${i}`])))))
}

function idOf(letter: Letter): string {
  return JSON.stringify(valuesOf(letter, identityIn(new Set(letter.names))))
}

function valuesOf({ row }: Letter, identity: readonly string[]): string[] {
  const values = JSON.parse(row) as Record<string, unknown>
  return identity.map((name) => String(values[name]))
}
