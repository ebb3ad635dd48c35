import { ReadError } from '../clickhouse/read-error.js'
import { ttlIn } from '../clickhouse/table-facts.js'
import { splitList } from './column-type.js'
import type { Sides } from './common-columns.js'
import { quoted, type RegionTable, rowsOf } from './region.js'

/**
 * Rows that are about to expire count as gone: a server removes them some time after that, its clock may differ from ours, and a comparison
 * of many rows takes minutes.
 */
const MARGIN_MS = 600_000

export interface Expiry {
  /** Conditions on the rows that neither table's TTL has removed, or will soon. For queries that only read: a server has written them. */
  readonly kept: readonly string[]
  readonly remarks: readonly string[]
}

/**
 * What the TTL of either table removes is no difference: a repair would copy it back, until it is removed again. So rows that have expired in
 * one table are left out in both.
 */
export async function expiryOf(tables: Sides<RegionTable>, signal: AbortSignal): Promise<Expiry> {
  const kept = new Set<string>()
  const remarks: string[] = []
  const sides: string[] = []
  for (const [side, table] of tables.entries()) {
    const own = expired(ttlIn(table.engine), Date.now() + MARGIN_MS).map((one) => `NOT (${one})`)
    if (own.length === 0) continue
    const other = tables[1 - side] as RegionTable
    if (await knows(other, own, signal)) {
      for (const one of own) kept.add(one)
      sides.push(table.region.side)
    } else
      remarks.push(
        `The TTL of ${table.region.side} needs columns that ${other.region.side} lacks: rows that it has removed count as missing.`,
      )
  }
  if (sides.length > 0)
    remarks.push(
      `Rows that the TTL of ${sides.join(' or ')} removes within 10 minutes, or has removed, are left out.`,
    )
  return { kept: [...kept], remarks }
}

/** Conditions of SQL, from what stands after TTL in a CREATE TABLE. Rows that only move, or are merged (GROUP BY), do not expire. */
export function expired(ttl: string, nowMs: number): readonly string[] {
  if (/ GROUP BY /.test(ttl)) return []
  return splitList(ttl).flatMap((element) => {
    if (element === '' || /\s(?:TO (?:DISK|VOLUME) .*|RECOMPRESS .*)$/s.test(element)) return []
    const [, time, condition] = /^(.*?)(?: DELETE)?(?: WHERE (.*))?$/s.exec(element) ?? []
    const isOver = `toDateTime(${time}) <= toDateTime(${Math.floor(nowMs / 1000)})`
    return [condition === undefined ? isOver : `${isOver} AND (${condition})`]
  })
}

/** Whether a table has all columns of these conditions. */
async function knows(
  table: RegionTable,
  conditions: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await rowsOf(
      table.region,
      'columns of a TTL',
      `SELECT 1 FROM ${quoted(table)} WHERE ${conditions.join(' AND ')} LIMIT 0`,
      signal,
    )
    return true
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'query') return false
    throw error
  }
}
