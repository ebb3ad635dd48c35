import { harmless } from '@spanhouse/queries'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { counted, countText } from '../common/text.js'
import { indentOf } from './bar.js'
import { Bar } from './bar-view.js'
import { ON_THE_WAY } from './folds.js'
import { shortId } from './ids.js'
import type { Logs } from './logs.js'
import { hasChildren, type TreeNode } from './nodes.js'
import type { Waterfall } from './use-waterfall.js'

export interface RowProps {
  readonly waterfall: Waterfall
  readonly logs: Logs
  readonly number: number
  readonly indentPx: number
}

/** One row of the waterfall. */
export function Row({ waterfall, logs, number, indentPx }: RowProps): VNode | null {
  const node = waterfall.tree.nodes[number]
  if (!node) return null
  const { span, kind } = node
  const isOpen = waterfall.isOpen(number)
  const classes = [
    'wf-row',
    serviceClass(span.row.service),
    `is-${kind}`,
    number === waterfall.at && 'is-cursor',
    waterfall.foundNodes.has(number) && 'is-found',
    waterfall.filtered?.kept[number] === ON_THE_WAY && 'is-on-the-way',
  ]
  const toggle = (event: Event) => {
    event.stopPropagation()
    waterfall.moveTo(number)
    waterfall.fold(number, !isOpen)
  }
  return html`<div class=${classes.filter(Boolean).join(' ')}>
    <div class="wf-name" style=${{ paddingLeft: `${indentOf(node.depth, indentPx)}px` }}>
      ${
        hasChildren(waterfall.tree, number)
          ? html`<span class="wf-twisty" aria-hidden="true" onClick=${toggle}><${Icon} name=${isOpen ? 'down' : 'right'} /></span>`
          : html`<span class="wf-twisty" aria-hidden="true"></span>`
      }
      <${Name} node=${node} isOpen=${isOpen} below=${node.last - number} />
    </div>
    <${Bar} node=${node} lines=${logs.ofSpan.get(span.row.span_id)} zoom=${waterfall.zoom} showsCritical=${waterfall.showsCritical} />
  </div>`
}

interface NameProps {
  readonly node: TreeNode
  readonly isOpen: boolean
  /** How many nodes are below. */
  readonly below: number
}

function Name({ node, isOpen, below }: NameProps): VNode {
  const { span, kind, repeat } = node
  if (kind === 'missing')
    return html`<span class="wf-missing">
      Missing parent <span class="mono">${harmless(shortId(span.missingParent ?? ''), 40)}</span>
      <span class="muted">, not sampled or still on its way</span>
    </span>`
  const { service, name, status } = span.row
  const title = `${harmless(service, 200)} · ${harmless(name, 1000)}`
  return html`<span class="wf-dot-of-service" aria-hidden="true"></span>
    <span class="wf-text" title=${title}>
      <span class="wf-service">${harmless(service, 100) || '(no service)'}</span> <span class="wf-title">${harmless(name, 300) || '(no name)'}</span>
    </span>
    ${
      repeat
        ? html`<span class=${`wf-repeat${repeat.sequential ? ' is-sequential' : ''}`}>×${countText(repeat.count)}</span>
            ${repeat.errors > 0 && html`<span class="wf-error">${counted(repeat.errors, 'error')}</span>`}`
        : html`${status === 'error' && html`<span class="wf-error"><${Icon} name="error" /><span class="visually-hidden">failed</span></span>`}
            ${span.inCycle && html`<span class="tv-tag" title="By their ids, this span is its own ancestor.">cycle</span>`}
            ${!isOpen && below > 0 && html`<span class="wf-below" title=${counted(below, 'row')}>+${countText(below)}</span>`}`
    }`
}
