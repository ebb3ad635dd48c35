import type { EdgeRow, ServiceRow } from '@spanhouse/queries'
import type { Answer } from '../api/answers.js'
import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { ErrorState, Loading } from '../common/states.js'
import { counted } from '../common/text.js'
import { change, parameter } from '../shell/address.js'
import { meta } from '../shell/meta.js'
import { NoTable } from '../traces/empty-states.js'
import { CallTable } from './call-table.js'
import { buildGraph } from './graph.js'
import { ServiceMap } from './map.js'
import { NoServices } from './no-services.js'
import { ServiceList } from './service-list.js'
import { useRange } from './use-range.js'

/** All services: as a list, or as a map with its calls as a table below. */
export function Services(): VNode {
  const { asked, seconds, slowTick, scope } = useRange()
  const isMap = parameter('show') === 'map'
  const services = useAnswer('services', asked, slowTick)
  const edges = useAnswer('edges', isMap ? asked : undefined, slowTick)
  const error = services.error ?? edges.error
  const known = meta.value
  if (known && !known.table) return html`<${NoTable} meta=${known} />`
  const again = () => {
    services.again()
    edges.again()
  }
  const choose = (show: string | undefined) => change({ show, node: undefined })
  return html`<div class="page services">
    <header class="page-head">
      <h1>Services</h1>
      <div class="segments" role="group" aria-label="Show as">
        <button type="button" class="segment" aria-pressed=${!isMap} onClick=${() => choose(undefined)}>List</button>
        <button type="button" class="segment" aria-pressed=${isMap} onClick=${() => choose('map')}>Map</button>
      </div>
    </header>
    ${
      error
        ? html`<${ErrorState} error=${error} retry=${again} />`
        : isMap
          ? html`<${MapAndCalls} services=${services.answer} edges=${edges.answer} seconds=${seconds} scope=${scope} />`
          : html`<${List} answer=${services.answer} />`
    }
  </div>`
}

function List({ answer }: { readonly answer: Answer<ServiceRow> | undefined }): VNode {
  if (!answer) return html`<${Loading} what="services" />`
  return answer.rows.length > 0
    ? html`<${ServiceList} rows=${answer.rows} />
        ${answer.truncated && html`<p class="muted note" role="status">${`Only the ${counted(answer.rows.length, 'service')} with the most requests are shown.`}</p>`}`
    : html`<${NoServices} />`
}

interface MapAndCallsProps {
  readonly services: Answer<ServiceRow> | undefined
  readonly edges: Answer<EdgeRow> | undefined
  readonly seconds: number
  readonly scope: string
}

function MapAndCalls({ services, edges, seconds, scope }: MapAndCallsProps): VNode {
  if (!services || !edges) return html`<${Loading} what="the map" />`
  if (services.rows.length + edges.rows.length === 0) return html`<${NoServices} />`
  return html`<div class="map-and-calls">
    ${edges.truncated && html`<p class="muted note" role="status">${`Only the ${counted(edges.rows.length, 'connection')} with the most calls are shown.`}</p>`}
    <${ServiceMap} graph=${buildGraph(services.rows, edges.rows)} seconds=${seconds} scope=${scope} />
    <section>
      <h2>Calls</h2>
      ${
        edges.rows.length > 0
          ? html`<${CallTable} label="Calls between services" rows=${edges.rows} seconds=${seconds} />`
          : html`<p class="muted">No service called another one in this range. A call is seen where a span has its parent in another service, or names a database, a queue or an address.</p>`
      }
    </section>
  </div>`
}
