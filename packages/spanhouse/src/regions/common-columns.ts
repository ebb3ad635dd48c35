import { quoteIdentifier } from '@spanhouse/transform'
import { identityIn } from '../writing/identity.js'
import { columnType, plainType } from './column-type.js'
import { asText, hashable } from './hash.js'

/** A column of one server's table. */
export interface ServerColumn {
  readonly name: string
  readonly type: string
  /** Empty, or such as `DEFAULT`, `MATERIALIZED`, `ALIAS`. */
  readonly default_kind: string
  /** 1 if it is part of the order key. */
  readonly is_in_sorting_key: number
}

/** How rows of two tables are compared. Every text is an expression of SQL that both servers understand. */
export interface Common {
  /** The names of the columns that can be copied, sorted. */
  readonly columns: readonly string[]
  /** A hash of the whole row. */
  readonly hash: string
  /** The columns that say which span a row is; empty if rows have no identity but their content. */
  readonly identity: readonly string[]
  /** The column with the time of a row. */
  readonly time: string
  /** Conditions on the rows that count at all, for queries that only read (expiry.ts). */
  readonly kept: readonly string[]
  /** Larger for the newer one of two rows with one identity, as an integer. */
  readonly version: string
  /** What is not compared or compared in another way, as sentences. */
  readonly remarks: readonly string[]
  /** Whether one table has columns that the other lacks. */
  readonly differ: boolean
}

/** The column that says when a row was written, in tables that replicate both ways. It decides conflicts, and is not compared. */
const VERSION = '_timestamp'
const TIMES = ['timestamp', 'Timestamp', 'TimeUnix']
const NOT_STORED = new Set(['ALIAS', 'EPHEMERAL', 'MATERIALIZED'])

export type Sides<T> = readonly [a: T, b: T]

/** Undefined if the tables have no time in common. */
export function commonColumns(
  sides: Sides<readonly ServerColumn[]>,
  ignored: ReadonlySet<string>,
): Common | undefined {
  const [a, b] = sides.map(storedByName) as unknown as Sides<Map<string, ServerColumn>>
  const names = [...a.keys()].filter((name) => b.has(name)).sort()
  const remarks = [...onlyIn('A', a, b), ...onlyIn('B', b, a)]
  const differ = remarks.length > 0
  const hashed: string[] = []
  for (const name of names) {
    if (ignored.has(name) || name === VERSION) continue
    const types = [a.get(name)?.type ?? '', b.get(name)?.type ?? ''] as const
    const { expression, remark } = compared(name, types)
    if (expression !== undefined) hashed.push(expression)
    if (remark !== undefined) remarks.push(remark)
  }
  const time =
    TIMES.find((name) => names.includes(name)) ??
    names.find((name) => isTime(a.get(name)) && a.get(name)?.is_in_sorting_key === 1) ??
    names.find((name) => isTime(a.get(name)) && name !== VERSION)
  if (time === undefined || hashed.length === 0) return undefined
  return {
    columns: names,
    hash: `cityHash64(${hashed.join(', ')})`,
    identity: identityIn(new Set(names)),
    time,
    kept: [],
    version: versionOf(names.includes(VERSION) ? a.get(VERSION) : a.get(time)),
    remarks,
    differ,
  }
}

function storedByName(columns: readonly ServerColumn[]): Map<string, ServerColumn> {
  return new Map(
    columns.filter((one) => !NOT_STORED.has(one.default_kind)).map((one) => [one.name, one]),
  )
}

function onlyIn(
  side: 'A' | 'B',
  these: ReadonlyMap<string, unknown>,
  others: ReadonlyMap<string, unknown>,
): string[] {
  const names = [...these.keys()].filter((name) => !others.has(name)).sort()
  if (names.length === 0) return []
  return [`Only ${side} has ${names.join(', ')}: not compared and not copied.`]
}

function compared(
  name: string,
  [a, b]: readonly [string, string],
): { expression?: string | undefined; remark?: string } {
  const value = quoteIdentifier(name)
  const plain = plainType(a)
  if (plain === plainType(b)) {
    const expression = hashable(plain, value)
    return expression === undefined
      ? { remark: `${name} is not compared: its type is ${a}.` }
      : { expression }
  }
  const nullable = [a, b].some((type) => plainType(type).startsWith('Nullable('))
  const remark = `${name} is ${a} in A and ${b} in B: compared as text.`
  // Null is the same on both sides only if both are written in this form.
  const text = asText(nullable ? `Nullable(${bare(plain)})` : plain, value)
  return { expression: text, remark }
}

function bare(plain: string): string {
  const { name, args } = columnType(plain)
  return name === 'Nullable' ? (args[0] ?? '') : plain
}

function isTime(column: ServerColumn | undefined): boolean {
  return /^DateTime/.test(plainType(column?.type ?? ''))
}

/** In microseconds, so that both sides count alike whatever the precision of their columns. */
function versionOf(column: ServerColumn | undefined): string {
  const { name = '', type = '' } = column ?? {}
  const value = quoteIdentifier(name)
  const version = /^(Nullable\()?DateTime/.test(plainType(type))
    ? `toUnixTimestamp64Micro(toDateTime64(${value}, 6, 'UTC'))`
    : `toInt64(${value})`
  return `ifNull(${version}, 0)`
}
