import type { EdgeRow } from '@spanhouse/queries'
import { useState } from 'preact/hooks'
import { DataTable, type TableColumn } from '../common/data-table.js'
import { html, type VNode } from '../common/html.js'
import type { Sorting } from '../common/sorting.js'
import { durationText, rateText } from '../common/text.js'
import { ErrorShare, ServiceName } from './parts.js'

export interface CallTableProps {
  readonly label: string
  readonly rows: readonly EdgeRow[]
  /** Of the range: rates are calls by it. */
  readonly seconds: number
  /** A side that is the same in all rows is left out. */
  readonly without?: 'caller' | 'callee'
}

/** What the map shows, as a table. */
export function CallTable({ label, rows, seconds, without }: CallTableProps): VNode {
  const [sorting, setSorting] = useState<Sorting>({ key: 'rate', descending: true })
  const columns = columnsFor(seconds).filter(({ key }) => key !== without)
  return html`<${DataTable}
    label=${label}
    columns=${columns}
    rows=${rows}
    keyOf=${(row: EdgeRow) => `${row.caller}\n${row.callee_kind}\n${row.callee}`}
    minWidth=${without ? 440 : 600}
    sorting=${sorting}
    onSort=${setSorting}
  />`
}

const columnsFor = (seconds: number): readonly TableColumn<EdgeRow>[] => [
  {
    key: 'caller',
    title: 'Caller',
    width: 'minmax(136px, 2fr)',
    cell: ({ caller }) => html`<${ServiceName} service=${caller} />`,
    order: ({ caller }) => caller,
  },
  {
    key: 'callee',
    title: 'Calls',
    width: 'minmax(136px, 2fr)',
    cell: (row) => html`<${Callee} row=${row} />`,
    order: ({ callee }) => callee,
  },
  {
    key: 'rate',
    title: 'Rate',
    width: 'minmax(72px, 1fr)',
    end: true,
    cell: ({ calls }) => rateText(calls / seconds),
    order: ({ calls }) => calls,
  },
  {
    key: 'errors',
    title: 'Errors',
    width: 'minmax(64px, 1fr)',
    end: true,
    cell: ({ errors, calls }) => html`<${ErrorShare} errors=${errors} of=${calls} />`,
    order: ({ errors, calls }) => errors / calls,
  },
  {
    key: 'p50',
    title: 'p50',
    width: 'minmax(72px, 1fr)',
    end: true,
    cell: ({ p50_ns }) => durationText(p50_ns),
    order: ({ p50_ns }) => p50_ns,
  },
  {
    key: 'p95',
    title: 'p95',
    width: 'minmax(72px, 1fr)',
    end: true,
    cell: ({ p95_ns }) => durationText(p95_ns),
    order: ({ p95_ns }) => p95_ns,
  },
]

function Callee({ row }: { readonly row: EdgeRow }): VNode {
  if (row.callee_kind === 'service') return html`<${ServiceName} service=${row.callee} />`
  return html`<span class="peer" title=${`${row.callee} (${row.callee_kind})`}>
    <span class="ellipsis">${row.callee}</span><span class="kind">${row.callee_kind}</span>
  </span>`
}
