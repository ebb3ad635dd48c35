import type { EdgeRow, ServiceRow } from '@spanhouse/queries'
import { useAnswer } from '../api/use-answer.js'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { Empty, ErrorState, Loading } from '../common/states.js'
import { durationText, rateText } from '../common/text.js'
import { linkTo } from '../shell/address.js'
import { meta } from '../shell/meta.js'
import type { Route } from '../shell/route.js'
import { NoTable } from '../traces/empty-states.js'
import { CallTable } from './call-table.js'
import { Examples } from './examples.js'
import { OperationTable } from './operation-table.js'
import { ErrorShare, LongerRange } from './parts.js'
import { searchFor } from './search-for.js'
import { ServiceLines } from './service-lines.js'
import { useRange } from './use-range.js'

/** Operations beyond this are not asked for. */
const MOST_OPERATIONS = 1000

/** One service: its lines over time, its operations, who calls it and whom it calls, and traces to look at. */
export function Service({ route }: { readonly route: Route }): VNode {
  const service = route.view === 'service' ? route.service : ''
  const { asked, seconds, slowTick } = useRange()
  const mine = { ...asked, q: searchFor({ service }) }
  const summary = useAnswer('services', mine, slowTick)
  const operations = useAnswer('operations', { ...mine, limit: MOST_OPERATIONS }, slowTick)
  const edges = useAnswer('edges', asked, slowTick)
  const known = meta.value
  if (known && !known.table) return html`<${NoTable} meta=${known} />`
  if (summary.error) return html`<${ErrorState} error=${summary.error} retry=${summary.again} />`
  if (!summary.answer) return html`<${Loading} what=${service} />`
  const row = summary.answer.rows.find((one) => one.service === service)
  if (!row) return html`<${NoSpans} service=${service} />`
  return html`<div class="page service" key=${service}>
    <${Head} row=${row} />
    <${ServiceLines} service=${service} />
    <section>
      <h2>Operations</h2>
      ${
        operations.error
          ? html`<${ErrorState} error=${operations.error} retry=${operations.again} />`
          : operations.answer
            ? html`<${OperationTable} rows=${operations.answer.rows.filter((one) => one.service === service)} />
                ${operations.answer.truncated && html`<p class="muted note">${`The first ${MOST_OPERATIONS} operations.`}</p>`}`
            : html`<${Loading} what="operations" />`
      }
    </section>
    ${
      edges.error
        ? html`<${ErrorState} error=${edges.error} retry=${edges.again} />`
        : html`<${Neighbours} service=${service} rows=${edges.answer?.rows ?? []} seconds=${seconds} />`
    }
    <${Examples} service=${service} />
  </div>`
}

function Head({ row }: { readonly row: ServiceRow }): VNode {
  const { service, requests, errors, rate, p50_ns, p95_ns, p99_ns } = row
  const facts = [
    ['Requests', rateText(rate)],
    ['Errors', html`<${ErrorShare} errors=${errors} of=${requests} />`],
    ['p50', durationText(p50_ns)],
    ['p95', durationText(p95_ns)],
    ['p99', durationText(p99_ns)],
  ]
  return html`<header class="page-head">
    <h1 class=${`service-title ${serviceClass(service)}`}><i class="swatch" aria-hidden="true"></i>${service}</h1>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <a class="button" href=${linkTo({ view: 'traces' }, { q: searchFor({ service }) })}>Traces</a>
  </header>`
}

function NoSpans({ service }: { readonly service: string }): VNode {
  return html`<${Empty} title=${`No spans of ${service} in this time range.`}>
    <p>The service may be quiet, or it may have another name: <a href=${linkTo({ view: 'services' })}>look at all services</a>.</p>
    <${LongerRange} />
  <//>`
}

interface NeighboursProps {
  readonly service: string
  readonly rows: readonly EdgeRow[]
  readonly seconds: number
}

function Neighbours({ service, rows, seconds }: NeighboursProps): VNode {
  const callers = rows.filter((row) => row.callee === service && row.callee_kind === 'service')
  const callees = rows.filter(({ caller }) => caller === service)
  return html`<div class="pair">
    <section>
      <h2>Called by</h2>
      ${
        callers.length > 0
          ? html`<${CallTable} label=${`Callers of ${service}`} rows=${callers} seconds=${seconds} without="callee" />`
          : html`<p class="muted">No other service calls it in this range.</p>`
      }
    </section>
    <section>
      <h2>Calls</h2>
      ${
        callees.length > 0
          ? html`<${CallTable} label=${`What ${service} calls`} rows=${callees} seconds=${seconds} without="caller" />`
          : html`<p class="muted">It calls no service, database or queue in this range.</p>`
      }
    </section>
  </div>`
}
