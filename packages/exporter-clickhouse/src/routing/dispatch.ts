import type { Dispatch, DispatchContext, Row } from '../config/routing-options.js'
import { FAILED, guardedHook, type HookReport } from './guarded-hook.js'

/** A row for a table: its columns, sorted, and its line of JSONEachRow. */
export interface DispatchedRow {
  readonly table: string
  readonly columns: readonly string[]
  readonly line: string
}

export const MAX_ROWS = 1000

/** What `dispatch` makes of a row. Undefined if it failed, so that the row goes its usual way. */
export function dispatcher(
  dispatch: Dispatch,
  subject: string,
  report: HookReport,
): (row: Row, context: DispatchContext) => readonly DispatchedRow[] | undefined {
  // The result is read within the guard: its getters are the application's too.
  const call = guardedHook(
    `dispatch of ${subject}`,
    (row: Row, context: DispatchContext) => {
      const given: unknown = dispatch(row, context)
      // A promise is refused by the guard.
      if (typeof (given as { then?: unknown } | null | undefined)?.then === 'function') return given
      return rowsIn(given)
    },
    report,
    'Its rows go where they would go without it.',
  )
  return (row, context) => {
    const rows = call(row, context)
    return rows === FAILED ? undefined : (rows as readonly DispatchedRow[])
  }
}

function rowsIn(given: unknown): readonly DispatchedRow[] {
  if (given === undefined || given === null || given === false) return []
  if (typeof given !== 'object') throw new TypeError('dispatch must return an object')
  const rows: DispatchedRow[] = []
  for (const [table, of] of Object.entries(given)) {
    if (of === undefined || of === null) continue
    for (const row of Array.isArray(of) ? of : [of]) rows.push(rowFor(table, row))
    if (rows.length > MAX_ROWS) throw new RangeError('dispatch returned too many rows')
  }
  return rows
}

function rowFor(table: string, row: unknown): DispatchedRow {
  if (typeof row !== 'object' || row === null || Array.isArray(row) || table === '')
    throw new TypeError('dispatch must return rows, by the names of tables')
  const entries = Object.entries(row).filter(([, value]) => value !== undefined)
  if (entries.length === 0) throw new TypeError('dispatch returned a row without columns')
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const columns = entries.map(([name]) => name)
  return { table, columns, line: JSON.stringify(Object.fromEntries(entries), asJson) }
}

// As JSONEachRow reads it.
function asJson(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
