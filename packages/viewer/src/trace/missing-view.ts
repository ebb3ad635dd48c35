import { harmless } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import { linkTo } from '../shell/address.js'
import { isTraceId } from './ids.js'
import { LoneLogs } from './lone-logs.js'

export interface MissingTraceProps {
  readonly id: string
  readonly isWaiting: boolean
  readonly retry: () => void
}

/** There is no span of the trace, perhaps not yet. */
export function MissingTrace({ id, isWaiting, retry }: MissingTraceProps): VNode {
  if (isWaiting && isTraceId(id))
    return html`<${Empty} title="Waiting for the spans of this trace …">
      <p role="status">They may still be on their way: exporters send every few seconds. This page asks again by itself.</p>
      <p><code>${harmless(id, 64)}</code></p>
    <//>`
  return html`<${Empty} title="There is no such trace.">
    ${
      isTraceId(id)
        ? html`<p>No span of <code>${harmless(id, 64)}</code> is in this table. It may not have been sampled, it may have expired, it may be in another table, or its spans may still be on their way.</p>`
        : html`<p><code>${harmless(id, 200)}</code> is not the id of a trace. An id has 32 hexadecimal digits, and they are not all 0.</p>`
    }
    <p>
      <button type="button" class="button primary" onClick=${retry}>Look again</button>
      ${' '}
      <a class="button" href=${linkTo({ view: 'traces' })}>Go to the traces</a>
    </p>
  <//>
  ${isTraceId(id) && html`<${LoneLogs} id=${id} />`}`
}
