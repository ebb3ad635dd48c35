import { harmless, type SpanLink, type TraceSpan } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { linkTo } from '../shell/address.js'
import { shortId } from './ids.js'
import { Pairs } from './pairs-view.js'
import type { Waterfall } from './use-waterfall.js'

const MOST = 200

export interface LinksProps {
  readonly span: TraceSpan
  readonly waterfall: Waterfall
}

/** The spans that a span is linked to, in this trace or another one. */
export function Links({ span, waterfall }: LinksProps): VNode {
  const { links } = span.row
  return html`<ul class="sp-links">
    ${links.slice(0, MOST).map(
      (link, number) => html`<li key=${number}>
        <${Target} link=${link} span=${span} waterfall=${waterfall} />
        ${Object.keys(link.attributes).length > 0 && html`<${Pairs} entries=${Object.entries(link.attributes)} searchOf=${() => undefined} />`}
      </li>`,
    )}
    ${links.length > MOST && html`<li class="muted">… and ${links.length - MOST} more</li>`}
  </ul>`
}

function Target({ link, span, waterfall }: LinksProps & { readonly link: SpanLink }): VNode {
  const { trace_id, span_id } = link
  if (trace_id === span.row.trace_id) {
    const number = waterfall.tree.numberOfKey.get(span_id)
    const target = number === undefined ? undefined : waterfall.tree.nodes[number]?.span
    if (!target)
      return html`<span class="muted">Span ${shown(span_id)} of this trace, which is not there</span>`
    return html`<button type="button" class="sp-link" onClick=${() => waterfall.showSpan(target.index)}>
      ${harmless(`${target.row.service} · ${target.row.name}`, 200)}
      <span class="muted">in this trace</span>
    </button>`
  }
  if (/^0*$/.test(trace_id)) return html`<span class="muted">A link without a trace</span>`
  return html`<a class="sp-link" href=${linkTo({ view: 'trace', id: trace_id }, { span: span_id })}>
    Trace ${shown(trace_id)} <span class="muted">span ${shown(span_id)}</span>
  </a>`
}

function shown(id: string): VNode {
  return html`<span class="mono">${harmless(shortId(id), 40)}</span>`
}
