import { quoteIdentifier } from '@spanhouse/transform'
import type { Common, Sides } from './common-columns.js'
import { both } from './minutes.js'
import { quoted, type RegionTable, rowsOf } from './region.js'
import { counting, type Window } from './window.js'

/** Rows of one identity that have several contents, over both servers. */
export interface Conflict {
  readonly id: readonly string[]
  /** The hash of the newest. */
  readonly winner: string
  /** The hashes of the others, on each server. */
  readonly losers: Sides<readonly string[]>
  /** Both servers have the same contents: the tables do not differ in this identity. */
  readonly isShared: boolean
}

interface Content {
  readonly hash: string
  readonly version: bigint
  readonly rows: number
}

/** What one answer says about identities that are there more often than once. */
interface Found {
  readonly contents: ReadonlyMap<string, readonly Content[]>
  /** The last identity of an answer that may have been cut; what comes after it is asked next. */
  readonly last: string | undefined
}

/** The server groups the identities of so many rows at a time. */
const GROUPED_ROWS = 2_000_000
const MAX_ANSWER = 20_000

/**
 * Finds the identities with several contents, in portions. Each server is asked for identities that it has more often than once, so both
 * must have all rows of both: repair what is missing first.
 */
export async function* conflictsOf(
  tables: Sides<RegionTable>,
  common: Common,
  window: Window,
  rows: number,
  signal: AbortSignal,
): AsyncGenerator<readonly Conflict[]> {
  if (common.identity.length === 0) return
  const of = Math.max(1, Math.ceil(rows / GROUPED_ROWS))
  for (let number = 0; number < of; number++)
    for (let after: string | undefined; ; ) {
      const found = await both(tables, (table) =>
        ask(table, common, window, { of, number, after }, signal),
      )
      // An answer that was cut says nothing about what comes after its last identity.
      const ends = found.flatMap(({ last }) => (last === undefined ? [] : [last])).sort()
      const [end] = ends
      yield resolve(found, end)
      if (end === undefined) break
      after = end
    }
}

async function ask(
  table: RegionTable,
  common: Common,
  window: Window,
  { of, number, after }: { of: number; number: number; after: string | undefined },
  signal: AbortSignal,
): Promise<Found> {
  const { identity, hash, version } = common
  // One text, whose order both servers agree on.
  const key = `concat(${identity.map((name) => `toString(${quoteIdentifier(name)})`).join(", '/', ")})`
  const conditions = [
    counting(common, window),
    ...(of > 1 ? [`cityHash64(${key}) % ${of} = ${number}`] : []),
    ...(after === undefined ? [] : [`${key} > {after:String}`]),
  ].join(' AND ')
  const from = `FROM ${quoted(table)}${table.final} WHERE ${conditions}`
  const rows = await rowsOf<{ _key: string; _hash: string; _version: string; _rows: number }>(
    table.region,
    'rows of one identity',
    `SELECT ${key} AS _key, toString(${hash}) AS _hash, toString(max(${version})) AS _version, toUInt32(count()) AS _rows
${from} AND ${key} IN (SELECT ${key} ${from} GROUP BY ${key} HAVING count() > 1)
GROUP BY _key, _hash ORDER BY _key LIMIT ${MAX_ANSWER}`,
    signal,
    after === undefined ? {} : { after },
  )
  const contents = new Map<string, Content[]>()
  for (const { _key, _hash, _version, _rows } of rows)
    contents.set(_key, [
      ...(contents.get(_key) ?? []),
      { hash: _hash, version: BigInt(_version), rows: Number(_rows) },
    ])
  if (rows.length < MAX_ANSWER) return { contents, last: undefined }
  // Of the last identity not all contents may be here.
  const keys = [...contents.keys()]
  contents.delete(keys.at(-1) ?? '')
  return { contents, last: keys.at(-2) ?? keys.at(-1) }
}

function resolve([a, b]: Sides<Found>, end: string | undefined): readonly Conflict[] {
  const conflicts: Conflict[] = []
  for (const key of new Set([...a.contents.keys(), ...b.contents.keys()])) {
    if (end !== undefined && key > end) continue
    const [here, there] = [a.contents.get(key) ?? [], b.contents.get(key) ?? []]
    const [newest, ...others] = [...here, ...there].sort(newestFirst)
    if (newest === undefined || others.every(({ hash }) => hash === newest.hash)) continue
    const losing = (contents: readonly Content[]) =>
      contents.map(({ hash }) => hash).filter((hash) => hash !== newest.hash)
    conflicts.push({
      id: key.split('/'),
      winner: newest.hash,
      losers: [losing(here), losing(there)],
      isShared: setOf(here) === setOf(there),
    })
  }
  return conflicts
}

/** Of two that are equally new, both servers must choose the same. */
function newestFirst(x: Content, y: Content): number {
  if (x.version !== y.version) return x.version > y.version ? -1 : 1
  return x.hash === y.hash ? 0 : BigInt(x.hash) > BigInt(y.hash) ? -1 : 1
}

function setOf(contents: readonly Content[]): string {
  return contents
    .map(({ hash }) => hash)
    .sort()
    .join()
}
