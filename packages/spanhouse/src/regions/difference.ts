import type { Listed } from './slices.js'

/** Rows that one server has and the other lacks. */
export interface Missing extends Listed {
  /** How many more rows of this content the other server has. */
  readonly lacks: number
  /** The other server has a row of the same identity with another content. */
  readonly conflicts: boolean
}

export interface Difference {
  readonly missingInA: readonly Missing[]
  readonly missingInB: readonly Missing[]
  /** Rows that are there more often than once, although their identity says that they are one: how many too many. */
  readonly doubledInA: readonly Listed[]
  readonly doubledInB: readonly Listed[]
}

/**
 * What two lists of one slice differ in. Rows with an identity are there or not, however often; of rows that only their content tells
 * apart, both servers must have equally many.
 */
export function difference(
  a: readonly Listed[],
  b: readonly Listed[],
  hasIdentity: boolean,
): Difference {
  return {
    missingInA: missing(b, a, hasIdentity),
    missingInB: missing(a, b, hasIdentity),
    doubledInA: hasIdentity ? a.filter(({ rows }) => rows > 1) : [],
    doubledInB: hasIdentity ? b.filter(({ rows }) => rows > 1) : [],
  }
}

function missing(
  from: readonly Listed[],
  to: readonly Listed[],
  hasIdentity: boolean,
): readonly Missing[] {
  const there = new Map(to.map(({ hash, rows }) => [hash, rows]))
  const ids = new Set(hasIdentity ? to.map(keyOf) : [])
  return from.flatMap((one) => {
    const has = there.get(one.hash) ?? 0
    const lacks = hasIdentity ? Number(has === 0) : Math.max(0, one.rows - has)
    return lacks === 0 ? [] : [{ ...one, lacks, conflicts: ids.has(keyOf(one)) }]
  })
}

function keyOf({ id }: Listed): string {
  return JSON.stringify(id)
}
