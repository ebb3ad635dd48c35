import type { TraceRow } from '@spanhouse/queries'

/** What the list shows, and what has come since but would move it. */
export interface LiveList {
  readonly rows: readonly TraceRow[]
  /** The traces that have just been added, to be marked, and when, in milliseconds. */
  readonly fresh: ReadonlyMap<string, number>
  /** The newest answer, while it is held back. */
  readonly waiting: readonly TraceRow[] | undefined
  /** Of the answer that is held back, the traces that are not shown. */
  readonly waitingCount: number
}

export const NO_ROWS: LiveList = { rows: [], fresh: new Map(), waiting: undefined, waitingCount: 0 }

/** How long a new row stays marked. */
const FRESH_MS = 4000

/**
 * The list after an answer. While it is held, because somebody is reading it, no row changes its place; traces that are shown already
 * still grow.
 */
export function received(
  list: LiveList,
  rows: readonly TraceRow[],
  { isHeld, nowMs }: { readonly isHeld: boolean; readonly nowMs: number },
): LiveList {
  const shown = new Set(list.rows.map((row) => row.trace_id))
  const added = rows.filter((row) => !shown.has(row.trace_id))
  if (isHeld && list.rows.length > 0) {
    const newest = new Map(rows.map((row) => [row.trace_id, row]))
    const kept = list.rows.map((row) => newest.get(row.trace_id) ?? row)
    return { ...list, rows: kept, waiting: rows, waitingCount: added.length }
  }
  const fresh = new Map([...list.fresh].filter(([, at]) => nowMs - at < FRESH_MS))
  for (const row of added) fresh.set(row.trace_id, nowMs)
  return { rows, fresh, waiting: undefined, waitingCount: 0 }
}

/** The list after the answer to another question: nothing of it counts as new. */
export function replaced(rows: readonly TraceRow[]): LiveList {
  return { ...NO_ROWS, rows }
}

/** Shows what was held back. */
export function released(list: LiveList, nowMs: number): LiveList {
  return list.waiting ? received(list, list.waiting, { isHeld: false, nowMs }) : list
}
