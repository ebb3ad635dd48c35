import { randomUUID } from 'node:crypto'
import type { Sides } from './common-columns.js'
import { differencesIn, type Pair } from './compare-table.js'
import { conflictsOf } from './conflicts.js'
import {
  type Copying,
  copyStep,
  ofHashes,
  present,
  readWholeStep,
  type Types,
  writeRows,
} from './copy.js'
import type { Difference } from './difference.js'
import { isEqual, minutesOf } from './minutes.js'
import { isDistributed, type TableAt } from './region.js'
import { remove, setAside } from './settle.js'
import type { Listed, Slice } from './slices.js'
import { stepsIn } from './steps.js'
import { minuteText, within } from './window.js'

export interface Repairing extends Pair {
  /** The types of all columns that are stored, on each server. */
  readonly types: Sides<Types>
  /** Where older rows go, on each server. */
  readonly letters: Sides<TableAt>
}

export interface Repaired {
  /** Rows copied, by the server that they were copied to. */
  readonly copied: Sides<number>
  /** Older rows that were moved to the table of dead letters, by server. */
  readonly setAside: Sides<number>
  /** Rows that were there more often than once. */
  readonly single: number
}

const SET_ASIDE_AT_ONCE = 1000

/**
 * Makes both tables have the same rows. First each gets what it lacks, then of each identity with several contents the newest stays. There
 * is no state beside the tables themselves: a repair that was interrupted at any point is finished by the next one.
 */
export async function repairTable(
  repairing: Repairing,
  progress: (text: string) => void,
  signal: AbortSignal,
): Promise<Repaired> {
  const { tables, common, window, types, letters } = repairing
  const copied: [number, number] = [0, 0]
  const aside: [number, number] = [0, 0]
  let [single, most] = [0, 0]
  const ways: Sides<Copying> = [
    { from: tables[1], to: tables[0], common, typesHere: types[1], typesThere: types[0] },
    { from: tables[0], to: tables[1], common, typesHere: types[0], typesThere: types[1] },
  ]
  const say = (minute: number) =>
    progress(
      `${minuteText(minute)}: ${copied[0]} rows copied to A, ${copied[1]} to B, of ${tables[0].table}`,
    )

  for await (const minute of minutesOf(tables, common, window, signal)) {
    most += Math.max(...minute.rows) + Math.min(...minute.rows)
    if (isEqual(minute)) continue
    say(minute.minute)
    for await (const found of differencesIn(repairing, minute, signal)) {
      for (const side of [0, 1] as const)
        for (const step of stepsIn(missingIn(found, side), common.identity.length > 0)) {
          copied[side] += await copyStep(ways[side], found.slice, step, signal)
          say(minute.minute)
        }
      if (!common.differ)
        for (const side of [0, 1] as const)
          if (!isDistributed(tables[side]))
            single += await makeSingle(ways[side], doubledIn(found, side), found.slice, signal)
    }
  }

  const repaired = { copied, setAside: aside, single }
  // A Distributed table deletes no rows. What is deleted on the other server alone, the next repair would copy back.
  if (tables.some(isDistributed)) return repaired
  progress('looking for ids with several contents')
  for await (const conflicts of conflictsOf(tables, common, window, most, signal))
    for (const side of [0, 1] as const) {
      const hashes = conflicts.flatMap(({ losers }) => losers[side])
      for (let at = 0; at < hashes.length; at += SET_ASIDE_AT_ONCE) {
        const some = hashes.slice(at, at + SET_ASIDE_AT_ONCE)
        await setAside(
          tables[side],
          letters[side],
          { common, types: types[side] },
          window,
          some,
          signal,
        )
        aside[side] += some.length
        progress(`${aside[0]} older rows set aside in A, ${aside[1]} in B, of ${tables[0].table}`)
      }
    }
  return repaired
}

function missingIn(found: Difference, side: 0 | 1) {
  return side === 0 ? found.missingInA : found.missingInB
}

function doubledIn(found: Difference, side: 0 | 1) {
  return side === 0 ? found.doubledInA : found.doubledInB
}

/**
 * ClickHouse deletes equal rows together. So they are deleted, and one is written again, which was read from the other server before: a
 * repair that somebody else runs at the same time may delete it there meanwhile.
 */
async function makeSingle(
  copying: Copying,
  doubled: readonly Listed[],
  slice: Slice,
  signal: AbortSignal,
): Promise<number> {
  const { from, to, common } = copying
  let single = 0
  for (const step of stepsIn(
    doubled.map((one) => ({ ...one, lacks: 1, conflicts: false })),
    true,
  )) {
    const there = await present(from, common, slice, step.hashes, signal)
    const hashes = step.hashes.filter((hash) => there.has(hash))
    if (hashes.length === 0) continue
    const rows = await readWholeStep(copying, slice, hashes, signal)
    if (rows === undefined) continue // another repair is deleting some of them there: left to it, or to the next one
    await remove(to, `${within(common.time, slice.window)} AND ${ofHashes(common, hashes)}`, signal)
    // The server may remember the token with which it got these rows the first time.
    await writeRows(copying, rows, randomUUID(), signal)
    single += hashes.length
  }
  return single
}
