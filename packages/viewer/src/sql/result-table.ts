import { useMemo, useState } from 'preact/hooks'
import { DataTable, type TableColumn } from '../common/data-table.js'
import { html, type VNode } from '../common/html.js'
import type { Sorting } from '../common/sorting.js'
import { linkTo } from '../shell/address.js'
import { type Column, kindOf, numberOf, traceIdOf } from './columns.js'
import { cellText, type Table } from './formats.js'

/** Of a column, in characters. A longer value is cut, and whole as the title of its cell. */
const WIDTH = { least: 8, most: 48 }
/** In CSS pixels: of a character of the monospaced typeface at 13 px, and of both sides of a cell. */
const CHARACTER = 8
const PADDING = 26
/** Rows that decide the width of a column. */
const MEASURED = 200
/** Characters of a value that the document gets: a cell cannot show more, and a value may have megabytes. */
const LONGEST = 2000

type Row = readonly unknown[]

/** The rows as they came; a click on a column sorts them here. */
export function ResultTable({ columns, rows }: Table): VNode {
  const [sorting, setSorting] = useState<Sorting | undefined>(undefined)
  const widths = useMemo(
    () => columns.map((column, index) => widthOf(column, index, rows)),
    [columns, rows],
  )
  const shown = columns.map((column, index) => shownColumn(column, index, widths[index] ?? 0))
  const numbered = useMemo(() => new Map(rows.map((row, index) => [row, `${index}`])), [rows])
  return html`<${DataTable}
    label="Rows"
    class="result"
    columns=${shown}
    rows=${rows}
    keyOf=${(row: Row) => numbered.get(row) ?? ''}
    minWidth=${widths.reduce((sum, width) => sum + width, 0)}
    sorting=${sorting}
    onSort=${setSorting}
  />`
}

function widthOf({ name, type }: Column, index: number, rows: readonly Row[]): number {
  const measured = rows.slice(0, MEASURED).map((row) => cellText(row[index]).length)
  const widest = Math.max(name.length + 3, Math.min(24, type.length), ...measured)
  return Math.min(WIDTH.most, Math.max(WIDTH.least, widest)) * CHARACTER + PADDING
}

function shownColumn(column: Column, index: number, width: number): TableColumn<Row> {
  const isNumber = kindOf(column) === 'number'
  return {
    key: `${index}`,
    title: column.name,
    note: column.type,
    width: `${width}px`,
    end: isNumber,
    cell: (row) => html`<${Cell} column=${column} value=${row[index]} />`,
    order: (row) => {
      const value = row[index]
      if (value === null || value === undefined) return null
      return isNumber ? numberOf(value) : cellText(value)
    },
  }
}

function Cell({ column, value }: { readonly column: Column; readonly value: unknown }): VNode {
  if (value === null || value === undefined) return html`<span class="null">NULL</span>`
  const id = traceIdOf(column, value)
  if (id) return html`<a class="mono" href=${linkTo({ view: 'trace', id })}>${id}</a>`
  const text = cellText(value).slice(0, LONGEST)
  return html`<span class="ellipsis mono" title=${text.length > WIDTH.least ? text : undefined}>${text}</span>`
}
