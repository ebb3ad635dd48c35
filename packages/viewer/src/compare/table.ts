import { type ComparedOperation, harmless, type OperationSum } from '@spanhouse/queries'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { countText, durationText } from '../common/text.js'
import { NARROW, useMedia } from '../common/use-media.js'
import { VirtualList } from '../common/virtual-list.js'
import { indentOf } from '../trace/bar.js'
import { changeText, signed } from './rows.js'

export interface CompareTableProps {
  readonly rows: readonly ComparedOperation[]
  /** Rows are indented below what they are in. */
  readonly isTree: boolean
}

/** The operations of both traces, one row each. */
export function CompareTable({ rows, isTree }: CompareTableProps): VNode {
  const isNarrow = useMedia(NARROW)
  const longestNs = rows.reduce(
    (longest, { a, b }) => Math.max(longest, a?.totalNs ?? 0, b?.totalNs ?? 0),
    1,
  )
  const largestNs = rows.reduce((most, row) => Math.max(most, Math.abs(row.differenceNs)), 1)
  return html`<div class="cmp-table" role="table" aria-label="Operations" aria-rowcount=${rows.length + 1}>
    <div role="rowgroup">
      <div class="cmp-row cmp-row-head" role="row">
        <span role="columnheader">Operation</span>
        <span role="columnheader">A</span>
        <span role="columnheader">B</span>
        <span role="columnheader">Difference</span>
      </div>
    </div>
    <${VirtualList}
      class="cmp-rows"
      items=${rows}
      rowHeight=${isNarrow ? 64 : 36}
      keyOf=${(_: ComparedOperation, index: number) => String(index)}
      row=${(row: ComparedOperation) => html`<${Cells} row=${row} longestNs=${longestNs} largestNs=${largestNs} indent=${isTree ? indentOf(row.depth, isNarrow ? 8 : 16) : 0} />`}
      rowProps=${(_: ComparedOperation, index: number) => ({
        // Rows of a table, unlike those of a tree, have no place in a set.
        'aria-setsize': undefined,
        'aria-posinset': undefined,
        'aria-rowindex': index + 2,
      })}
      label="Operations"
      role="rowgroup"
      rowRole="row"
      props=${{ tabIndex: 0 }}
    />
  </div>`
}

interface CellsProps {
  readonly row: ComparedOperation
  readonly longestNs: number
  readonly largestNs: number
  readonly indent: number
}

function Cells({ row, longestNs, largestNs, indent }: CellsProps): VNode {
  const { service, name, a, b, differenceNs } = row
  const only = a ? (b ? '' : 'A') : 'B'
  return html`<div class=${`cmp-row ${serviceClass(service)} ${only && `is-only is-only-${only.toLowerCase()}`}`} role="presentation">
    <span class="cmp-operation" role="cell" style=${{ paddingLeft: `${indent}px` }}>
      <span class="wf-dot-of-service" aria-hidden="true"></span>
      <span class="wf-text" title=${harmless(`${service} · ${name}`, 1000)}>
        <span class="wf-service">${harmless(service, 100) || '(no service)'}</span> <span class="wf-title">${harmless(name, 300) || '(no name)'}</span>
      </span>
      ${only && html`<span class="tv-tag">only in ${only}</span>`}
    </span>
    <${SumCell} sum=${a} longestNs=${longestNs} letter="A" />
    <${SumCell} sum=${b} longestNs=${longestNs} letter="B" />
    <span class=${`cmp-cell cmp-change ${differenceNs > 0 ? 'is-slower' : differenceNs < 0 ? 'is-faster' : ''}`} role="cell">
      <span class="cmp-middle" aria-hidden="true"><span style=${{ width: `${(50 * Math.abs(differenceNs)) / largestNs}%` }}></span></span>
      <span class=${`cmp-change-text${differenceNs === 0 ? ' is-same' : ''}`}>${signed(durationText(Math.abs(differenceNs)), differenceNs)}
        ${a && b && differenceNs !== 0 && html`<span class="muted"> ${changeText(a.totalNs, b.totalNs)}</span>`}
      </span>
    </span>
  </div>`
}

function SumCell({
  sum,
  longestNs,
  letter,
}: {
  readonly sum: OperationSum | undefined
  readonly longestNs: number
  readonly letter: string
}): VNode {
  if (!sum)
    return html`<span class="cmp-cell" role="cell"><span class="muted" aria-label=${`not in ${letter}`}>–</span></span>`
  return html`<span class="cmp-cell" role="cell">
    <span class="cmp-bar" aria-hidden="true"><span style=${{ width: `${(100 * sum.totalNs) / longestNs}%` }}></span></span>
    <span class="cmp-sum">${durationText(sum.totalNs)}
      ${sum.count > 1 && html`<span class="muted"> ×${countText(sum.count)}</span>`}
      ${sum.errors > 0 && html`<span class="wf-error"> ${countText(sum.errors)} failed</span>`}
    </span>
  </span>`
}
