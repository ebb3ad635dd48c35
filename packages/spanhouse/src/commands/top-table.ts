import { harmless, nsText, type OperationRow } from '@spanhouse/queries'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { type TableColumn, table } from '../terminal/table.js'

const COLUMNS: readonly TableColumn[] = [
  { heading: 'service', shrinksTo: 8 },
  { heading: 'operation', shrinksTo: 18 },
  { heading: 'kind', leftOut: 3 },
  { heading: 'count', toRight: true, leftOut: 2 },
  { heading: 'per s', toRight: true },
  { heading: 'errors', toRight: true },
  { heading: 'p50', toRight: true },
  { heading: 'p95', toRight: true },
  { heading: 'p99', toRight: true },
  { heading: 'slowest', toRight: true, leftOut: 4 },
]
const ERRORS = 5

/** Operations as a table that fits the width of `out`. */
export function topTable(rows: readonly OperationRow[], out: Output): string[] {
  const cells = rows.map((row) => [
    harmless(row.service, 100) || '–',
    harmless(row.name, 200) || '(no name)',
    harmless(row.kind, 20),
    row.count.toLocaleString('en-US'),
    rateText(row.rate),
    percent(errorRate(row)),
    nsText(row.p50_ns),
    nsText(row.p95_ns),
    nsText(row.p99_ns),
    nsText(row.max_ns),
  ])
  return table(COLUMNS, cells, out.width, (cell, row, column) => {
    if (row < 0) return paint(out, 'dim', cell)
    return column === ERRORS && (rows[row]?.errors ?? 0) > 0 ? paint(out, 'red', cell) : cell
  })
}

/** An operation as `spanhouse top --json` prints it. */
export interface TopJson extends OperationRow {
  /** From 0 to 1. */
  error_rate: number
}

export function topJson(row: OperationRow): TopJson {
  return { ...row, error_rate: errorRate(row) }
}

function errorRate({ errors, count }: OperationRow): number {
  return count === 0 ? 0 : errors / count
}

function rateText(rate: number): string {
  if (rate >= 100) return Math.round(rate).toLocaleString('en-US')
  return rate >= 10 ? rate.toFixed(1) : rate >= 0.01 || rate === 0 ? rate.toFixed(2) : '<0.01'
}

/** No error and a few errors must not look the same. */
function percent(share: number): string {
  if (share === 0) return '0 %'
  const value = share * 100
  return value < 0.1 ? '<0.1 %' : value < 10 ? `${value.toFixed(1)} %` : `${Math.round(value)} %`
}
