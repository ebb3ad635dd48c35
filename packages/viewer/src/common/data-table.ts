import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type ComponentChildren, html, type VNode } from './html.js'
import { Icon } from './icons.js'
import { type Sorting, type SortValue, sorted } from './sorting.js'
import { visibleRows } from './virtual-rows.js'

export interface TableColumn<Row> {
  readonly key: string
  readonly title: string
  /** A track of CSS grid. */
  readonly width: string
  /** Numbers stand at the end of their column. */
  readonly end?: boolean
  readonly cell: (row: Row) => ComponentChildren
  /** The value by which the rows are sorted. A column without it cannot be sorted. */
  readonly order?: (row: Row) => SortValue
  /** Shown below the title, such as the type. */
  readonly note?: string
}

export interface DataTableProps<Row> {
  readonly label: string
  readonly columns: readonly TableColumn<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row, index: number) => string
  readonly sorting?: Sorting | undefined
  readonly onSort?: (sorting: Sorting) => void
  readonly class?: string
  /** Of the rows, in CSS pixels: in a narrower box they scroll sideways. */
  readonly minWidth?: number
}

/** In CSS pixels; `styles/6-tables.css` has the same. */
const ROW_HEIGHT = 32

/**
 * A table of which only the visible rows are in the document. It is as high as its rows, up to the height that its class allows, and
 * scrolls inside in both directions. Its head and its first column stay.
 */
export function DataTable<Row>(table: DataTableProps<Row>): VNode {
  const { columns, sorting } = table
  const box = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const measure = () => {
    const { scrollTop: top = 0, clientHeight: height = 600 } = box.current ?? {}
    setView((old) => (old.top === top && old.height === height ? old : { top, height }))
  }
  useLayoutEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(measure)
    observer.observe(box.current)
    measure()
    return () => observer.disconnect()
  }, [])

  const order = columns.find(({ key }) => key === sorting?.key)?.order
  const rows = order && sorting ? sorted(table.rows, order, sorting.descending) : table.rows
  const { first, end } = visibleRows(rows.length, ROW_HEIGHT, view.top, view.height)
  const tracks = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') }
  const width = { minWidth: `max(100%, ${table.minWidth ?? 0}px)` }
  return html`<div
    ref=${box}
    class=${`table-box ${table.class ?? ''}`}
    role="region"
    aria-label=${table.label}
    tabindex="0"
    onScroll=${measure}
  >
    <div role="table" aria-label=${table.label} aria-rowcount=${rows.length + 1} class="table" style=${width}>
      <div role="rowgroup" class="table-head">
        <div role="row" class="table-row" aria-rowindex="1" style=${tracks}>
          ${columns.map((column) => html`<${Head} key=${column.key} column=${column} table=${table} />`)}
        </div>
      </div>
      <div role="rowgroup" class="table-rows" style=${{ height: `${rows.length * ROW_HEIGHT}px` }}>
        ${rows.slice(first, end).map((row, offset) => {
          const index = first + offset
          return html`<div
            role="row"
            class="table-row table-line"
            key=${table.keyOf(row, index)}
            aria-rowindex=${index + 2}
            style=${{ ...tracks, transform: `translateY(${index * ROW_HEIGHT}px)` }}
          >
            ${columns.map(
              ({ key, end: isEnd, cell }) =>
                html`<div role="cell" key=${key} class=${isEnd ? 'table-cell end' : 'table-cell'}>${cell(row)}</div>`,
            )}
          </div>`
        })}
      </div>
    </div>
  </div>`
}

interface HeadProps<Row> {
  readonly column: TableColumn<Row>
  readonly table: DataTableProps<Row>
}

function Head<Row>({ column, table }: HeadProps<Row>): VNode {
  const { key, title, end: isEnd, order, note } = column
  const isSorted = table.sorting?.key === key
  const descending = isSorted && table.sorting?.descending === true
  const press = () =>
    // What is most is asked for first; of names, the first.
    table.onSort?.({ key, descending: isSorted ? !descending : isEnd === true })
  const face = html`<span class="table-title">${title}</span>${note && html`<span class="table-note">${note}</span>`}`
  return html`<div
    role="columnheader"
    class=${isEnd ? 'table-cell end' : 'table-cell'}
    aria-sort=${isSorted ? (descending ? 'descending' : 'ascending') : undefined}
  >
    ${
      order && table.onSort
        ? html`<button type="button" class="table-sort" onClick=${press}>
          ${face}${isSorted && html`<${Icon} name=${descending ? 'down' : 'up'} />`}
        </button>`
        : face
    }
  </div>`
}
