import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { quoteIdentifier } from '@spanhouse/transform'
import { Batch, type CompressedBatch, OF_EVERY_INSERT, TOKEN } from '#exporter'
import { LONG_LIMITS } from '../clickhouse/limits.js'
import { CommandError } from '../terminal/command-error.js'
import { written } from '../writing/patiently.js'
import type { Common } from './common-columns.js'
import { mayLag, quoted, type RegionTable, rowsOf } from './region.js'
import { inSlice, type Slice } from './slices.js'
import type { Step } from './steps.js'

const WRITE_DEADLINE_MS = 60_000
/** How long another replica, or the server behind a Distributed table, may take to have what was acknowledged. */
const LAG_MS = 10_000
const LOOK_AGAIN_MS = 250

/** The types of the columns on the server that is written to. */
export type Types = ReadonlyMap<string, string>

export interface Copying {
  readonly from: RegionTable
  readonly to: RegionTable
  readonly common: Common
  readonly typesThere: Types
  readonly typesHere: Types
}

/**
 * Copies the rows of one step, and resolves with how many rows it wrote. Rows that have arrived there meanwhile are left out. A process
 * that was killed after the server took them finds them there; one that was killed before the answer sends the same token again.
 */
export async function copyStep(
  copying: Copying,
  slice: Slice,
  step: Step,
  signal: AbortSignal,
): Promise<number> {
  const { to, common } = copying
  let copied = 0
  let lacking = lackingIn(step, await present(to, common, slice, step.hashes, signal))
  // The server may remember the token of these rows although they have been deleted there since: then they need another token.
  for (const suffix of ['', randomUUID()]) {
    if (lacking.size === 0) return copied
    let written = 0
    for (const [times, hashes] of lacking) {
      const bytes = await readRows(copying, slice, hashes, times, signal)
      if (bytes.length === 0) continue // they have been deleted there meanwhile
      const rows = hashes.length * times
      await writeRows(copying, { bytes, rows }, suffix, signal)
      written += rows
    }
    copied += written
    lacking = await lackingAfter(
      written > 0 && mayLag(to) ? LAG_MS : 0,
      copying,
      slice,
      step,
      signal,
    )
  }
  if (lacking.size === 0) return copied
  throw new CommandError(
    `Rows that were copied to ${to.region.url} are not in ${to.database}.${to.table} as they were: does a column there have another type, a default or a TTL?`,
  )
}

/** With another token, rows that only this replica does not have yet would be there twice. */
async function lackingAfter(
  patienceMs: number,
  { to, common }: Copying,
  slice: Slice,
  step: Step,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, readonly string[]>> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const lacking = lackingIn(step, await present(to, common, slice, step.hashes, signal))
    if (lacking.size === 0 || performance.now() >= deadline) return lacking
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
}

/** Rows by how many of each are lacking now. */
function lackingIn(
  { hashes, times }: Step,
  there: ReadonlyMap<string, number>,
): ReadonlyMap<number, readonly string[]> {
  const lacking = new Map<number, string[]>()
  for (const hash of hashes) {
    const lacks = times - (there.get(hash) ?? 0)
    if (lacks > 0) lacking.set(lacks, [...(lacking.get(lacks) ?? []), hash])
  }
  return lacking
}

/** Which of these rows a server has, and how often. */
export async function present(
  to: RegionTable,
  common: Common,
  slice: Slice,
  hashes: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const rows = await rowsOf<{ _hash: string; _rows: number }>(
    to.region,
    'rows that are there',
    `SELECT toString(${common.hash}) AS _hash, toUInt32(count()) AS _rows FROM ${quoted(to)}${to.final}
WHERE ${inSlice(common, slice)} AND ${ofHashes(common, hashes)} GROUP BY _hash`,
    signal,
  )
  return new Map(rows.map(({ _hash, _rows }) => [_hash, Number(_rows)]))
}

export function ofHashes({ hash }: Common, hashes: readonly string[]): string {
  return `${hash} IN (${hashes.join(', ')})`
}

/** Rows in ClickHouse's format Native, with the types that they have on the server that is written to. */
interface RowsRead {
  readonly bytes: Buffer
  readonly rows: number
}

function readRows(
  copying: Copying,
  slice: Slice,
  hashes: readonly string[],
  times: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return ask(copying, `${rowsThere(copying, slice, hashes, times)} ORDER BY _hash`, signal)
}

/** Each of these rows once; undefined unless the other server has them all at the same moment. A step is small enough for memory. */
export async function readWholeStep(
  copying: Copying,
  slice: Slice,
  hashes: readonly string[],
  signal: AbortSignal,
): Promise<RowsRead | undefined> {
  const counted = `SELECT *, count() OVER () AS _all FROM (SELECT * ${rowsThere(copying, slice, hashes, 1)})`
  const sql = `FROM (${counted}) WHERE _all = ${hashes.length} ORDER BY _hash`
  const bytes = await ask(copying, sql, signal)
  return bytes.length === 0 ? undefined : { bytes, rows: hashes.length }
}

/** What follows the names of the columns. These are in a query of their own, because names must not mean the casts. */
function rowsThere(
  { from, common }: Copying,
  slice: Slice,
  hashes: readonly string[],
  times: number,
): string {
  const inner = `SELECT *, ${common.hash} AS _hash FROM ${quoted(from)}${from.final} WHERE ${inSlice(common, slice)} AND ${ofHashes(common, hashes)}`
  return `FROM (SELECT * FROM (${inner}) ORDER BY _hash LIMIT ${times} BY _hash)`
}

function ask(
  { from, common, typesThere, typesHere }: Copying,
  rows: string,
  signal: AbortSignal,
): Promise<Buffer> {
  const columns = common.columns.map((name) => {
    const [here, there] = [typesHere.get(name), typesThere.get(name)]
    const column = quoteIdentifier(name)
    return here === there
      ? column
      : `CAST(${column}, '${there?.replaceAll(/[\\']/g, '\\$&')}') AS ${column}`
  })
  const sql = `SELECT ${columns.join(', ')} ${rows}`
  return from.region.reader.native(
    { name: 'rows to copy', sql, parameters: {} },
    signal,
    LONG_LIMITS,
  )
}

/** The same rows with the same suffix are taken once. */
export async function writeRows(
  { to, common }: Copying,
  { bytes, rows }: RowsRead,
  suffix: string,
  signal: AbortSignal,
): Promise<void> {
  const body = await promisify(gzip)(bytes)
  const digest = createHash('sha256').update(bytes).digest('hex')
  const batch = Batch.restore(
    { rows, rawBytes: bytes.length, codec: 'gzip' },
    { digest, body },
  ) as CompressedBatch
  const names = common.columns.map(quoteIdentifier).join(', ')
  const statement = `INSERT INTO ${quoted(to)} (${names}) FORMAT Native`
  const token = `repair-${createHash('sha256').update([statement, digest, suffix].join('\0')).digest('hex').slice(0, 32)}`
  const insert = { statement, settings: { ...OF_EVERY_INSERT, [TOKEN]: token } }
  await written(
    `Copying rows into ${to.database}.${to.table}`,
    to.region.url,
    () =>
      to.region.sender.attempt(batch, insert, undefined, {
        deadlineMs: WRITE_DEADLINE_MS,
        repeatable: true,
        pingFirst: false,
      }),
    signal,
  )
}
