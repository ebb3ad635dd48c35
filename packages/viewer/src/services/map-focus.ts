import { html, type VNode } from '../common/html.js'
import { counted, percentText, rateText } from '../common/text.js'
import { linkTo } from '../shell/address.js'
import type { Graph, GraphNode } from './graph.js'
import { searchFor } from './search-for.js'

export interface MapFocusProps {
  readonly graph: Graph
  /** Of the range. */
  readonly seconds: number
  readonly chosen: GraphNode | undefined
  readonly onClear: () => void
  /** Undefined if the whole map has room. */
  readonly isFit: boolean | undefined
  readonly onFit: (isFit: boolean) => void
}

/** A line above the map, as high with a chosen node as without. */
export function MapFocus({ graph, seconds, chosen, onClear, isFit, onFit }: MapFocusProps): VNode {
  return html`<div class="map-focus">
    ${
      chosen
        ? html`<b class="ellipsis">${chosen.name}</b>
            <span class="muted">${chosen.kind}</span>
            <span class="map-focus-facts muted">${factsOf(graph, chosen.id, seconds)}</span>`
        : html`<span class="map-focus-facts muted">${sizeOf(graph)} Choose one to see its calls alone.</span>`
    }
    <span class="map-focus-links">
      ${chosen?.kind === 'service' && chosen.name && html`<${Links} service=${chosen.name} />`}
      ${chosen && html`<button type="button" class="button quiet" onClick=${onClear}>Show all</button>`}
      ${isFit !== undefined && html`<button type="button" class="button" aria-pressed=${isFit} onClick=${() => onFit(!isFit)}>Whole map</button>`}
    </span>
  </div>`
}

function Links({ service }: { readonly service: string }): VNode {
  return html`
    <a class="button" href=${linkTo({ view: 'service', service })}>Open service</a>
    <a class="button" href=${linkTo({ view: 'traces' }, { q: searchFor({ service }) })}>Traces</a>
  `
}

function sizeOf({ nodes, edges }: Graph): string {
  const services = nodes.filter(({ kind }) => kind === 'service').length
  const peers = nodes.length - services
  return [
    counted(services, 'service'),
    ...(peers > 0 ? [`${counted(peers, 'peer')} without spans of their own`] : []),
    `${counted(edges.length, 'connection')}.`,
  ].join(', ')
}

function factsOf({ edges }: Graph, id: string, seconds: number): string {
  const incoming = edges.filter(({ to }) => to === id)
  const outgoing = edges.filter(({ from }) => from === id)
  const calls = incoming.reduce((sum, { row }) => sum + row.calls, 0)
  const errors = incoming.reduce((sum, { row }) => sum + row.errors, 0)
  const counts = `called by ${incoming.length}, calls ${outgoing.length}`
  if (calls === 0) return counts
  return `${counts} · ${rateText(calls / seconds)} incoming, ${percentText(errors / calls)} errors`
}
