import { harmless, type TraceSpan } from '@spanhouse/queries'
import type { Ref } from 'preact'
import { serviceClass } from '../common/colours.js'
import { CopyButton } from '../common/copy-button.js'
import { type ComponentChildren, html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { countText } from '../common/text.js'
import { spanCopies } from './copies.js'
import { Facts, GroupFacts } from './detail-facts.js'
import { Events } from './events-view.js'
import { Links } from './links-view.js'
import { LogList } from './log-list.js'
import type { Logs } from './logs.js'
import { Pairs } from './pairs-view.js'
import type { Waterfall } from './use-waterfall.js'

const FEW_LINES = 50

export interface DetailProps {
  readonly waterfall: Waterfall
  readonly logs: Logs
  readonly sql: string
  readonly panel: Ref<HTMLElement>
  readonly onClose: () => void
}

/** Everything about the span that the cursor is on. */
export function Detail({ waterfall, logs, sql, panel, onClose }: DetailProps): VNode | null {
  const { node } = waterfall
  if (!node) return null
  const { span, kind } = node
  const title = kind === 'missing' ? 'Missing parent' : harmless(span.row.name, 500) || '(no name)'
  return html`<aside class="sp" aria-label="Span" tabindex="-1" ref=${panel}>
    <header class=${`sp-head ${serviceClass(span.row.service)}`}>
      <div class="sp-title">
        ${kind !== 'missing' && html`<span class="wf-dot-of-service" aria-hidden="true"></span>`}
        <h2>${title}</h2>
        <button type="button" class="button quiet" aria-label="Close the detail" onClick=${onClose}><${Icon} name="close" /></button>
      </div>
      ${kind === 'span' && html`<${CopySpan} span=${span} sql=${sql} />`}
    </header>
    <div class="sp-body" key=${node.key}>
      ${
        kind === 'span'
          ? html`<${SpanDetail} span=${span} waterfall=${waterfall} logs=${logs} />`
          : html`<${GroupFacts} node=${node} />
            <p><button type="button" class="button" onClick=${() => waterfall.fold(waterfall.at, !waterfall.isOpen(waterfall.at))}>
              ${waterfall.isOpen(waterfall.at) ? 'Hide its spans' : 'Show its spans'}
            </button></p>`
      }
    </div>
  </aside>`
}

function CopySpan({ span, sql }: { readonly span: TraceSpan; readonly sql: string }): VNode {
  const copies = spanCopies(span, sql)
  return html`<div class="sp-row">
    <${CopyButton} class="button small" label="Copy JSON" text=${copies.json} />
    <${CopyButton} class="button small" label="Copy Markdown" text=${copies.markdown} />
    <${CopyButton} class="button small" label="Copy SQL" text=${copies.sql} />
  </div>`
}

interface SpanDetailProps {
  readonly span: TraceSpan
  readonly waterfall: Waterfall
  readonly logs: Logs
}

function SpanDetail({ span, waterfall, logs }: SpanDetailProps): VNode {
  const { attributes, resource, events, links } = span.row
  const ofSpan = Object.entries(attributes)
  const ofResource = Object.entries(resource)
  const hasException = events.some(({ name }) => name === 'exception')
  const eventsPart =
    events.length > 0 &&
    html`<${Section} title="Events" count=${events.length}><${Events} span=${span} /><//>`
  const lines = logs.ofSpan.get(span.row.span_id) ?? []
  return html`<${Facts} span=${span} waterfall=${waterfall} />
    ${hasException && eventsPart}
    ${lines.length > 0 && html`<${Section} title="Logs" count=${lines.length}><${LogList} lines=${lines} waterfall=${waterfall} label="Log lines of the span" few=${FEW_LINES} hasService=${false} /><//>`}
    <${Section} title="Attributes" count=${ofSpan.length}><${Pairs} entries=${ofSpan} /><//>
    ${!hasException && eventsPart}
    ${links.length > 0 && html`<${Section} title="Links" count=${links.length}><${Links} span=${span} waterfall=${waterfall} /><//>`}
    <${Section} title="Resource" count=${ofResource.length}><${Pairs} entries=${ofResource} /><//>`
}

interface SectionProps {
  readonly title: string
  readonly count: number
  readonly children?: ComponentChildren
}

function Section({ title, count, children }: SectionProps): VNode {
  return html`<section class="sp-section">
    <h3>${title} <span class="muted">${countText(count)}</span></h3>
    ${count === 0 ? html`<p class="muted">None</p>` : children}
  </section>`
}
