import type { OperationRow } from '@spanhouse/queries'
import { DataTable, type TableColumn } from '../common/data-table.js'
import { html, type VNode } from '../common/html.js'
import { sortingOf, sortingText } from '../common/sorting.js'
import { durationText, rateText } from '../common/text.js'
import { change, linkTo, parameter } from '../shell/address.js'
import { ErrorShare } from './parts.js'
import { searchFor } from './search-for.js'

const tracesOf = ({ service, name }: OperationRow, sort?: string, status?: 'error') =>
  linkTo({ view: 'traces' }, { q: searchFor({ service, operation: name, status }), sort })

const COLUMNS: readonly TableColumn<OperationRow>[] = [
  {
    key: 'name',
    title: 'Operation',
    width: 'minmax(160px, 3fr)',
    cell: (row) =>
      html`<a class="ellipsis" href=${tracesOf(row)} title=${row.name}>${row.name || '(no name)'}</a>`,
    order: ({ name }) => name,
  },
  {
    key: 'kind',
    title: 'Kind',
    width: 'minmax(80px, 1fr)',
    cell: ({ kind }) => html`<span class="muted">${kind}</span>`,
    order: ({ kind }) => kind,
  },
  number('rate', 'Rate', ({ rate }) => rate, rateText),
  {
    key: 'errors',
    title: 'Errors',
    width: 'minmax(72px, 1fr)',
    end: true,
    cell: (row) =>
      row.errors === 0
        ? html`<${ErrorShare} errors=${0} of=${row.count} />`
        : html`<a href=${tracesOf(row, undefined, 'error')} title=${`Traces in which ${row.name} failed`}>
            <${ErrorShare} errors=${row.errors} of=${row.count} />
          </a>`,
    order: ({ errors, count }) => errors / count,
  },
  number('p50', 'p50', ({ p50_ns }) => p50_ns, durationText),
  number('p95', 'p95', ({ p95_ns }) => p95_ns, durationText),
  number('p99', 'p99', ({ p99_ns }) => p99_ns, durationText),
  {
    key: 'max',
    title: 'Slowest',
    width: 'minmax(80px, 1fr)',
    end: true,
    cell: (row) =>
      html`<a href=${tracesOf(row, 'slowest')} title=${`The slowest traces with ${row.name}`}>${durationText(row.max_ns)}</a>`,
    order: ({ max_ns }) => max_ns,
  },
  number('total', 'Total time', ({ total_ns }) => total_ns, durationText),
]

function number(
  key: string,
  title: string,
  value: (row: OperationRow) => number,
  text: (value: number) => string,
): TableColumn<OperationRow> {
  const cell = (row: OperationRow) => text(value(row))
  return { key, title, width: 'minmax(80px, 1fr)', end: true, cell, order: value }
}

const KEYS = COLUMNS.map(({ key }) => key)

export function OperationTable({ rows }: { readonly rows: readonly OperationRow[] }): VNode {
  return html`<${DataTable}
    label="Operations"
    columns=${COLUMNS}
    rows=${rows}
    keyOf=${({ name, kind }: OperationRow) => `${kind}\n${name}`}
    minWidth=${860}
    sorting=${sortingOf(parameter('sort'), KEYS, { key: 'total', descending: true })}
    onSort=${(sorting: Parameters<typeof sortingText>[0]) => change({ sort: sortingText(sorting) }, { replace: true })}
  />`
}
