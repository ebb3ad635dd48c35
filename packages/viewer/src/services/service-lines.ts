import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { LineChart } from '../common/line-chart.js'
import { ErrorState } from '../common/states.js'
import { durationText, rateText } from '../common/text.js'
import { setRange } from '../shell/time.js'
import { rateLines } from './rate-lines.js'
import { searchFor } from './search-for.js'
import { useRange } from './use-range.js'

/** Rate, errors and percentiles over the range. Dragging over a chart chooses that range. */
export function ServiceLines({ service }: { readonly service: string }): VNode {
  const { asked, slowTick, bucketUs, ...bounds } = useRange()
  const { answer, error, again } = useAnswer(
    'rates',
    { ...asked, q: searchFor({ service }), bucket: bucketUs },
    slowTick,
  )
  if (error) return html`<${ErrorState} error=${error} retry=${again} />`
  // Before the answer there are no lines, not lines of nothing.
  const lines = rateLines(answer?.rows ?? [], {
    fromUs: bounds.fromUs,
    toUs: answer ? bounds.toUs : bounds.fromUs,
    bucketUs,
  })
  const shared = {
    times: lines.times,
    bounds: [bounds.fromUs / 1e6, bounds.toUs / 1e6] as const,
    onZoom: (fromUs: number, toUs: number) => setRange({ fromUs, toUs }),
  }
  return html`<div class="pair">
    <${LineChart}
      ...${shared}
      title="Requests and errors a second"
      valueText=${rateText}
      series=${[
        { name: 'Requests', values: lines.requests, colour: '--s0' },
        { name: 'Errors', values: lines.errors, colour: '--error' },
      ]}
    />
    <${LineChart}
      ...${shared}
      title="Duration of requests"
      valueText=${durationText}
      series=${[
        { name: 'p50', values: lines.p50, colour: '--s1' },
        { name: 'p95', values: lines.p95, colour: '--s7' },
        { name: 'p99', values: lines.p99, colour: '--s5' },
      ]}
    />
  </div>`
}
