import type { ExtentRow } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { ErrorState, Loading } from '../common/states.js'
import { Nothing } from './empty-states.js'
import { TraceList } from './trace-list.js'
import type { Traces } from './use-traces.js'

export interface TraceResultsProps {
  readonly traces: Traces
  readonly q: string
  /** Known once nothing was found. */
  readonly extent: ExtentRow | undefined
}

/** The list, or why there is none. An error does not take away what is shown already. */
export function TraceResults({ traces, q, extent }: TraceResultsProps): VNode {
  const { list, error, isAnswered } = traces
  if (error && list.rows.length === 0)
    return html`<${ErrorState} error=${error} retry=${traces.again} />`
  if (list.rows.length === 0)
    return isAnswered
      ? html`<${Nothing} q=${q} extent=${extent} />`
      : html`<${Loading} what="traces" />`
  return html`
    ${error && html`<p class="list-error problem" role="alert">${error.message} ${error.fix ?? ''}</p>`}
    <${TraceList}
      list=${list}
      onHold=${traces.hold}
      onRelease=${traces.release}
      truncated=${traces.truncated}
      onMore=${traces.more}
    />`
}
