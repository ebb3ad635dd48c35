import { html, type VNode } from '../common/html.js'
import { searchFor } from '../common/search-words.js'
import { counted, percentText, rateText } from '../common/text.js'
import { linkTo } from '../shell/address.js'
import type { Graph, GraphNode } from './graph.js'

export interface MapFocusProps {
  readonly graph: Graph
  readonly seconds: number
  readonly chosen: GraphNode | undefined
  readonly onClear: () => void
}

/** A line above the map, as high with a chosen node as without. */
export function MapFocus({ graph, seconds, chosen, onClear }: MapFocusProps): VNode {
  if (!chosen) {
    const kinds = new Set(graph.nodes.map(({ kind }) => kind))
    return html`<div class="map-focus muted">
      <span>${counted(graph.nodes.filter(({ kind }) => kind === 'service').length, 'service')}${kinds.size > 1 && `, ${counted(graph.nodes.filter(({ kind }) => kind !== 'service').length, 'peer')} without spans of their own`}, ${counted(graph.edges.length, 'connection')}. Choose one to see its calls alone.</span>
    </div>`
  }
  const incoming = graph.edges.filter(({ to }) => to === chosen.id)
  const outgoing = graph.edges.filter(({ from }) => from === chosen.id)
  const calls = [...incoming].reduce((sum, { row }) => sum + row.calls, 0)
  const errors = [...incoming].reduce((sum, { row }) => sum + row.errors, 0)
  const isService = chosen.kind === 'service'
  return html`<div class="map-focus">
    <b class="ellipsis">${chosen.name}</b>
    <span class="muted">${chosen.kind}</span>
    <span class="map-focus-facts muted">
      ${`called by ${incoming.length}, calls ${outgoing.length}`}${calls > 0 && ` · ${rateText(calls / seconds)} incoming, ${percentText(errors / calls)} errors`}
    </span>
    <span class="map-focus-links">
      ${isService && chosen.name && html`<a class="button" href=${linkTo({ view: 'service', service: chosen.name })}>Open service</a>`}
      ${isService && chosen.name && html`<a class="button" href=${linkTo({ view: 'traces' }, { q: searchFor({ service: chosen.name }) })}>Traces</a>`}
      <button type="button" class="button quiet" onClick=${onClear}>Show all</button>
    </span>
  </div>`
}
