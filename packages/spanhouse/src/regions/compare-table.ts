import type { Common, Sides } from './common-columns.js'
import { conflictsOf } from './conflicts.js'
import { type Difference, difference, type Missing } from './difference.js'
import { both, isEqual, type Minute, minutesOf } from './minutes.js'
import type { RegionTable } from './region.js'
import { differingSlices, listed, type Slice } from './slices.js'
import { ofMinute, type Window } from './window.js'

/** Two tables that are compared. */
export interface Pair {
  readonly tables: Sides<RegionTable>
  readonly common: Common
  readonly window: Window
}

export interface Found {
  readonly rows: Sides<number>
  readonly minutes: number
  readonly differing: number
  /** Rows, by the server that lacks them. */
  readonly missing: Sides<number>
  /** Identities with another content on the other server. */
  readonly conflicts: number
  /** Identities with several contents, which are the same on both servers. */
  readonly shared: number
  /** Rows too many, by the server that has them. */
  readonly doubled: Sides<number>
}

/** Is told what is found while it is found: nothing of a large window has to be kept. */
export interface Told {
  minute(minute: Minute): void
  missing(row: Missing, side: 'A' | 'B'): void
  progress(text: string): void
}

export async function compareTable(pair: Pair, told: Told, signal: AbortSignal): Promise<Found> {
  const { tables, common, window } = pair
  const rows: [number, number] = [0, 0]
  const missing: [number, number] = [0, 0]
  const doubled: [number, number] = [0, 0]
  const conflicting = new Set<string>()
  let [minutes, differing, conflicts, shared] = [0, 0, 0, 0]
  for await (const minute of minutesOf(tables, common, window, signal)) {
    minutes++
    rows[0] += minute.rows[0]
    rows[1] += minute.rows[1]
    told.minute(minute)
    if (isEqual(minute)) continue
    differing++
    for await (const found of differencesIn(pair, minute, signal)) {
      conflicting.clear() // a slice has all rows of its identities
      for (const row of found.missingInA) told.missing(row, 'A')
      for (const row of found.missingInB) told.missing(row, 'B')
      for (const row of [...found.missingInA, ...found.missingInB])
        if (row.conflicts) conflicting.add(row.id.join('/'))
      conflicts += conflicting.size
      missing[0] += lacked(found.missingInA)
      missing[1] += lacked(found.missingInB)
      doubled[0] += tooMany(found.doubledInA)
      doubled[1] += tooMany(found.doubledInB)
    }
  }
  told.progress('looking for ids with several contents')
  for await (const found of conflictsOf(tables, common, window, Math.max(...rows), signal))
    shared += found.filter(({ isShared }) => isShared).length
  return { rows, minutes, differing, missing, conflicts, shared, doubled }
}

/** Rows that are missing because the server lacks them, and not because it has another content. */
function lacked(missing: readonly Missing[]): number {
  return missing.reduce((sum, { lacks, conflicts }) => sum + (conflicts ? 0 : lacks), 0)
}

function tooMany(doubled: Difference['doubledInA']): number {
  return doubled.reduce((sum, { rows }) => sum + rows - 1, 0)
}

/** The differences in one minute, one slice after another. */
export async function* differencesIn(
  { tables, common, window }: Pair,
  minute: Minute,
  signal: AbortSignal,
): AsyncGenerator<Difference & { readonly slice: Slice }> {
  const within = ofMinute(minute.minute, window)
  for (const slice of await differingSlices(tables, common, minute, within, signal)) {
    const [a, b] = await both(tables, (table) => listed(table, common, slice, signal))
    yield { ...difference(a, b, common.identity.length > 0), slice }
  }
}
