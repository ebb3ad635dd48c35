import { useState } from 'preact/hooks'
import { DataTable, type TableColumn } from '../common/data-table.js'
import { html, type VNode } from '../common/html.js'
import type { Sorting } from '../common/sorting.js'
import { agoText, countText } from '../common/text.js'
import { clock } from '../shell/time.js'
import { bytesText, type Exporter } from './exporters.js'

const COLUMNS: readonly TableColumn<Exporter>[] = [
  text('service', 'Service', 112, ({ service }) => service),
  text('instance', 'Process', 104, ({ instance }) => instance),
  text('destination', 'Destination', 96, ({ destination, signal }) =>
    signal === 'traces' ? destination : `${destination} (${signal})`,
  ),
  number('delivered', 'Delivered', 96, ({ delivered }) => delivered, countText),
  {
    key: 'dropped',
    title: 'Dropped',
    width: 'minmax(120px, 2fr)',
    end: true,
    cell: ({ dropped, reasons }) =>
      dropped === 0
        ? html`<span class="muted">0</span>`
        : html`<span class="ellipsis bad" title=${reasons.map(({ reason, rows }) => `${reason}: ${countText(rows)}`).join('\n')}>
            ${countText(dropped)} <span class="drop-reason">${reasons.map(({ reason }) => reason).join(', ')}</span>
          </span>`,
    order: ({ dropped }) => dropped,
  },
  number('waiting', 'Waiting', 80, ({ waiting }) => waiting, countText),
  number('queue', 'Queue', 80, ({ queueBytes }) => queueBytes, bytesText),
  number('spool', 'Spool', 80, ({ spoolBytes }) => spoolBytes, bytesText),
  number('failed', 'Attempts failed', 120, ({ failedAttempts }) => failedAttempts, countText),
  {
    key: 'at',
    title: 'Reported',
    width: 'minmax(96px, 1fr)',
    end: true,
    cell: ({ atUs, isSilent }) =>
      html`<span class=${isSilent ? 'silent' : 'muted'} title=${isSilent ? 'The process has ended, or reports no more.' : undefined}>${agoText(atUs, clock.value)}</span>`,
    order: ({ atUs }) => atUs,
  },
]

function text(
  key: string,
  title: string,
  width: number,
  of: (row: Exporter) => string,
): TableColumn<Exporter> {
  return {
    key,
    title,
    width: `minmax(${width}px, 2fr)`,
    cell: (row) => html`<span class="ellipsis" title=${of(row)}>${of(row).trim() || '–'}</span>`,
    order: of,
  }
}

function number(
  key: string,
  title: string,
  width: number,
  of: (row: Exporter) => number | undefined,
  shown: (value: number) => string,
): TableColumn<Exporter> {
  return {
    key,
    title,
    width: `minmax(${width}px, 1fr)`,
    end: true,
    cell: (row) => {
      const value = of(row)
      return value === undefined || value === 0
        ? html`<span class="muted">${value === undefined ? '–' : shown(value)}</span>`
        : shown(value)
    },
    order: of,
  }
}

/** Destinations that dropped rows first, until a column is clicked. */
export function ExporterTable({ exporters }: { readonly exporters: readonly Exporter[] }): VNode {
  const [sorting, setSorting] = useState<Sorting | undefined>(undefined)
  return html`<${DataTable}
    label="Exporters"
    columns=${COLUMNS}
    rows=${exporters}
    keyOf=${({ service, instance, destination, signal }: Exporter) => [service, instance, destination, signal].join('\n')}
    minWidth=${984}
    sorting=${sorting}
    onSort=${setSorting}
  />`
}
