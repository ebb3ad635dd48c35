import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { parameter } from '../shell/address.js'
import { EmptyTable, Nothing } from '../traces/empty-states.js'
import { useRange } from './use-range.js'

/** No service has a span in the range: the table may be empty, or its spans may be older. */
export function NoServices(): VNode {
  const { slowTick } = useRange()
  const { answer } = useAnswer('extent', { table: parameter('table') }, slowTick)
  const extent = answer?.rows[0]
  return extent?.spans === 0 ? html`<${EmptyTable} />` : html`<${Nothing} q="" extent=${extent} />`
}
