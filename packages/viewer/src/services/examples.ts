import type { TraceRow } from '@spanhouse/queries'
import { type Asking, useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { agoText, counted, durationText } from '../common/text.js'
import { linkTo } from '../shell/address.js'
import { clock } from '../shell/time.js'
import { searchFor } from './search-for.js'
import { useRange } from './use-range.js'

const MOST = 5

/** Traces to look at: the slowest, and the newest in which a span of the service failed. */
export function Examples({ service }: { readonly service: string }): VNode {
  const { asked, slowTick } = useRange()
  const slow = { q: searchFor({ service }), sort: 'slowest' }
  const failed = { q: searchFor({ service, status: 'error' }) }
  const slowest = useAnswer('traces', { ...asked, ...slow, limit: MOST }, slowTick)
  const newest = useAnswer('traces', { ...asked, ...failed, limit: MOST }, slowTick)
  return html`<div class="pair">
    <${TraceList} title="Slowest traces" all=${slow} asking=${slowest} none="No traces in this range." />
    <${TraceList} title="Newest errors" all=${failed} asking=${newest} none="Nothing failed in this range." />
  </div>`
}

interface TraceListProps {
  readonly title: string
  /** Leads to more of them in the view of traces. */
  readonly all: { readonly q: string; readonly sort?: string }
  readonly asking: Asking<TraceRow>
  readonly none: string
}

function TraceList({ title, all, asking: { answer, error }, none }: TraceListProps): VNode {
  return html`<section>
    <header class="section-head"><h2>${title}</h2><a href=${linkTo({ view: 'traces' }, all)}>All</a></header>
    ${error && html`<p class="problem" role="alert">${error.message}</p>`}
    ${answer && answer.rows.length === 0 && html`<p class="muted">${none}</p>`}
    ${
      answer &&
      answer.rows.length > 0 &&
      html`<ul class="examples">${answer.rows.map(
        (row) => html`<li key=${row.trace_id}>
          <a href=${linkTo({ view: 'trace', id: row.trace_id })}>
            <span class="ellipsis">${row.root_name || '(no root span)'}</span>
            ${row.errors > 0 && html`<span class="bad">${counted(row.errors, 'error')}</span>`}
            <span class="muted">${agoText(row.start_us, clock.value)}</span>
            <b>${durationText(row.duration_ns)}</b>
          </a>
        </li>`,
      )}</ul>`
    }
  </section>`
}
