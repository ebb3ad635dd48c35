import { html, type VNode } from '../common/html.js'
import { ErrorState, Loading } from '../common/states.js'
import type { View } from '../shell/shell.js'
import { TRACE_HELP } from './keys.js'
import { useTrace } from './load.js'
import { MissingTrace } from './missing-view.js'
import { OpenTrace } from './open-trace.js'

export const traceView: View = {
  title: (route) => (route.view === 'trace' ? `Trace ${route.id.slice(0, 8)}` : 'Trace'),
  component: ({ route }) =>
    route.view === 'trace' ? html`<${TracePage} key=${route.id} id=${route.id} />` : null,
  help: TRACE_HELP,
}

function TracePage({ id }: { readonly id: string }): VNode {
  const { trace, sql, truncated, error, isWaiting, again } = useTrace(id)
  if (!trace && error) return html`<${ErrorState} error=${error} retry=${again} />`
  if (!trace) return html`<${Loading} what="the trace" />`
  if (trace.spans.length === 0)
    return html`<${MissingTrace} id=${id} isWaiting=${isWaiting} retry=${again} />`
  return html`<${OpenTrace} id=${id} trace=${trace} sql=${sql} truncated=${truncated} isWaiting=${isWaiting} />`
}
