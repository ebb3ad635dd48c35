import type { ServiceRow } from '@spanhouse/queries'
import { DataTable, type TableColumn } from '../common/data-table.js'
import { html, type VNode } from '../common/html.js'
import { sortingOf, sortingText } from '../common/sorting.js'
import { agoText, countText, durationText, rateText } from '../common/text.js'
import { change, parameter } from '../shell/address.js'
import { clock } from '../shell/time.js'
import { ErrorShare, ServiceName } from './parts.js'

const COLUMNS: readonly TableColumn<ServiceRow>[] = [
  {
    key: 'service',
    title: 'Service',
    width: 'minmax(112px, 2fr)',
    cell: ({ service }) => html`<${ServiceName} service=${service} />`,
    order: ({ service }) => service,
  },
  number('rate', 'Requests', ({ rate }) => rate, rateText),
  {
    key: 'errors',
    title: 'Errors',
    width: 'minmax(64px, 1fr)',
    end: true,
    cell: ({ errors, requests }) => html`<${ErrorShare} errors=${errors} of=${requests} />`,
    order: ({ errors, requests }) => (requests === 0 ? 0 : errors / requests),
  },
  number('p50', 'p50', ({ p50_ns }) => p50_ns, durationText),
  number('p95', 'p95', ({ p95_ns }) => p95_ns, durationText),
  number('p99', 'p99', ({ p99_ns }) => p99_ns, durationText),
  number('spans', 'Spans', ({ spans }) => spans, countText),
  {
    key: 'last',
    title: 'Last span',
    width: 'minmax(88px, 1fr)',
    end: true,
    cell: ({ last_us }) => html`<span class="muted">${agoText(last_us, clock.value)}</span>`,
    order: ({ last_us }) => last_us,
  },
]

function number(
  key: string,
  title: string,
  value: (row: ServiceRow) => number,
  text: (value: number) => string,
): TableColumn<ServiceRow> {
  const cell = (row: ServiceRow) => text(value(row))
  return { key, title, width: 'minmax(80px, 1fr)', end: true, cell, order: value }
}

const KEYS = COLUMNS.map(({ key }) => key)

export function ServiceList({ rows }: { readonly rows: readonly ServiceRow[] }): VNode {
  return html`<${DataTable}
    label="Services"
    class="fill"
    columns=${COLUMNS}
    rows=${rows}
    keyOf=${({ service }: ServiceRow) => service}
    minWidth=${640}
    sorting=${sortingOf(parameter('sort'), KEYS, { key: 'rate', descending: true })}
    onSort=${(sorting: Parameters<typeof sortingText>[0]) => change({ sort: sortingText(sorting) }, { replace: true })}
  />`
}
