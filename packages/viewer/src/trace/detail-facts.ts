import { criticalNs, harmless, type TraceSpan } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { countText, dateTimeText, durationText, percentText } from '../common/text.js'
import { shortId } from './ids.js'
import type { TreeNode } from './nodes.js'
import { Tools } from './pairs-view.js'
import { operationSearch } from './search-link.js'
import type { Waterfall } from './use-waterfall.js'

export interface FactsProps {
  readonly span: TraceSpan
  readonly waterfall: Waterfall
}

/** What every span has. */
export function Facts({ span, waterfall }: FactsProps): VNode {
  const { row, parent, missingParent } = span
  const { durationNs } = waterfall.trace
  const onPathNs = criticalNs(span)
  const share =
    durationNs > 0 ? ` (${percentText((span.endNs - span.startNs) / durationNs)} of the trace)` : ''
  return html`<dl class="sp-facts">
    <${Fact} name="Service" value=${row.service} search=${operationSearch(row.service, '')} />
    <${Fact} name="Operation" value=${row.name} search=${operationSearch(row.service, row.name)} />
    ${row.kind !== '' && html`<${Fact} name="Kind" value=${row.kind} search=${`kind:${row.kind}`} />`}
    <${Fact} name="Status" value=${row.status} search=${row.status === 'error' ? 'status:error' : undefined}>
      <span class=${row.status === 'error' ? 'wf-error' : ''}>${harmless(row.status, 40)}</span>
      ${row.status_message !== '' && html`<span class="sp-message">${harmless(row.status_message, 5000)}</span>`}
    <//>
    <${Fact} name="Duration" value=${String(row.duration_ns)}>${durationText(row.duration_ns)}${share}<//>
    ${span.children.length > 0 && html`<${Fact} name="Self time" value=${String(span.selfNs)}>${durationText(span.selfNs)}<//>`}
    ${onPathNs > 0 && html`<${Fact} name="Critical" value=${String(onPathNs)}>${durationText(onPathNs)} on the critical path<//>`}
    <${Fact} name="Start" value=${dateTimeText(row.start_us)}>+${durationText(span.startNs)} <span class="muted">${dateTimeText(row.start_us)}</span><//>
    <${Fact} name="Span" value=${row.span_id} mono />
    ${
      parent &&
      html`<${Fact} name="Parent" value=${parent.row.span_id}>
        <button type="button" class="sp-link" onClick=${() => waterfall.showSpan(parent.index)}>
          ${harmless(`${parent.row.service} · ${parent.row.name}`, 200)}
        </button>
      <//>`
    }
    ${
      missingParent !== undefined &&
      html`<${Fact} name="Parent" value=${missingParent}>
        <span class="mono">${harmless(missingParent, 64)}</span>
        <span class="sp-note">This parent is not among the spans. It was not sampled, its service does not send, or it is still on its way.</span>
      <//>`
    }
    <${Fact} name="Trace" value=${row.trace_id} mono />
    ${row.trace_state !== '' && html`<${Fact} name="Trace state" value=${row.trace_state} mono />`}
    ${row.scope_name !== '' && html`<${Fact} name="Scope" value=${`${row.scope_name} ${row.scope_version}`.trim()} />`}
  </dl>`
}

interface FactProps {
  readonly name: string
  /** What is copied; shown as it is if there is nothing else to show. */
  readonly value: string
  readonly search?: string | undefined
  readonly mono?: boolean
  readonly children?: unknown
}

function Fact({ name, value, search, mono, children }: FactProps): VNode {
  return html`<div class="sp-fact">
    <dt>${name}</dt>
    <dd>
      <span class=${`sp-value${mono ? ' mono' : ''}`}>${children ?? harmless(value, 2000)}</span>
      ${value !== '' && html`<${Tools} label=${name.toLowerCase()} value=${value} search=${search} />`}
    </dd>
  </div>`
}

/** What a group of repeated spans, or a parent that is missing, is. */
export function GroupFacts({ node }: { readonly node: TreeNode }): VNode {
  const { repeat, span } = node
  if (!repeat)
    return html`<p class="sp-note">
      The spans below name <span class="mono">${harmless(shortId(span.missingParent ?? ''), 40)}</span> as their parent, and it is not
      among the spans. It was not sampled, its service does not send, or it is still on its way.
    </p>`
  const lengths = repeat.spans.map(({ startNs, endNs }) => endNs - startNs).sort((a, b) => a - b)
  const facts: [string, string][] = [
    ['Spans', countText(repeat.count)],
    ['Errors', countText(repeat.errors)],
    ['In total', durationText(repeat.totalNs)],
    ['On the clock', durationText(repeat.wallNs)],
    ['Shortest', durationText(lengths[0] ?? 0)],
    ['Median', durationText(lengths[Math.floor(lengths.length / 2)] ?? 0)],
    ['Longest', durationText(lengths.at(-1) ?? 0)],
  ]
  return html`<p class="sp-note">
      ${
        repeat.sequential
          ? 'The same operation again and again, one after another: the N+1 problem, if one query could fetch it all.'
          : 'The same operation many times, side by side.'
      }
    </p>
    <dl class="sp-facts">
      ${facts.map(([name, text]) => html`<div class="sp-fact" key=${name}><dt>${name}</dt><dd>${text}</dd></div>`)}
    </dl>`
}
