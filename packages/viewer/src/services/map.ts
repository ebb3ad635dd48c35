import { useMemo, useRef, useState } from 'preact/hooks'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { percentText, rateText } from '../common/text.js'
import { change, parameter } from '../shell/address.js'
import { type Graph, type GraphNode, neighbourhood } from './graph.js'
import { type Layout, layOut, NODE } from './layout.js'
import { MapEdges } from './map-edges.js'
import { MapFocus } from './map-focus.js'
import { type Direction, stepFrom } from './steps.js'
import { EMPTY, edgeKey, grown } from './structure.js'
import { useFit } from './use-fit.js'

export interface ServiceMapProps {
  readonly graph: Graph
  /** Of the range: rates are calls by it. */
  readonly seconds: number
  /** Nodes keep their places while this stays the same. */
  readonly scope: string
}

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

/** Services and what they call. The node under the pointer, with the focus, or chosen dims what is not next to it. */
export function ServiceMap({ graph, seconds, scope }: ServiceMapProps): VNode {
  const kept = useRef({ scope, structure: EMPTY })
  if (kept.current.scope !== scope) kept.current = { scope, structure: EMPTY }
  kept.current.structure = grown(kept.current.structure, graph)
  const { structure } = kept.current
  const layout = useMemo(() => layOut(structure), [structure])
  const routes = useMemo(
    () =>
      new Map(
        structure.edges.map(({ from, to }, index) => [
          edgeKey(from, to),
          layout.routes[index] ?? [],
        ]),
      ),
    [layout],
  )
  const [near, setNear] = useState<string | undefined>(undefined)
  const { box, scale, isFit, setFit } = useFit(layout)
  const [reached, setReached] = useState<string | undefined>(undefined)
  const surface = useRef<HTMLDivElement>(null)

  const isThere = (id: string | undefined) => graph.nodes.some((node) => node.id === id)
  const chosen = isThere(parameter('node')) ? parameter('node') : undefined
  const active = isThere(near) ? near : chosen
  const lit = active === undefined ? undefined : neighbourhood(graph, active)
  const choose = (id: string | undefined) => change({ node: id }, { replace: true })
  // One of the nodes is in the order of the Tab key; the arrow keys lead to the others.
  const stop = isThere(reached) ? reached : (chosen ?? graph.nodes[0]?.id)

  const onKeyDown = (event: KeyboardEvent) => {
    const direction = ARROWS[event.key]
    if (event.key === 'Escape' && chosen) choose(undefined)
    else if (direction && reached) {
      const shown = new Map([...layout.places].filter(([id]) => isThere(id)))
      const next = stepFrom(shown, reached, direction)
      const button = next && surface.current?.querySelector(`[data-node="${CSS.escape(next)}"]`)
      if (button instanceof HTMLElement) button.focus()
    } else return
    event.preventDefault()
  }

  return html`<section class="map" aria-label="Map of services">
    <${MapFocus} graph=${graph} seconds=${seconds} chosen=${graph.nodes.find(({ id }) => id === chosen)} onClear=${() => choose(undefined)} isFit=${isFit} onFit=${setFit} />
    <div class="map-box" tabindex="-1" ref=${box}>
      <div
        class="map-surface"
        ref=${surface}
        role="group"
        aria-label="Services and what they call"
        style=${{ width: `${layout.width}px`, height: `${layout.height}px`, zoom: scale }}
        onKeyDown=${onKeyDown}
      >
        <${MapEdges} graph=${graph} layout=${layout} routes=${routes} seconds=${seconds} active=${active} />
        ${graph.nodes.map(
          (node) => html`<${Node}
            key=${node.id}
            node=${node}
            layout=${layout}
            isDim=${lit !== undefined && !lit.has(node.id)}
            isChosen=${node.id === chosen}
            isStop=${node.id === stop}
            onNear=${setNear}
            onReach=${setReached}
            onChoose=${() => choose(node.id === chosen ? undefined : node.id)}
          />`,
        )}
      </div>
    </div>
  </section>`
}

interface NodeProps {
  readonly node: GraphNode
  readonly layout: Layout
  readonly isDim: boolean
  readonly isChosen: boolean
  readonly isStop: boolean
  readonly onNear: (id: string | undefined) => void
  readonly onReach: (id: string) => void
  readonly onChoose: () => void
}

function Node({ node, layout, isDim, isChosen, isStop, ...on }: NodeProps): VNode {
  const { id, name, kind, row } = node
  const { x, y } = layout.places.get(id) ?? { x: 0, y: 0 }
  const colour = kind === 'service' ? serviceClass(name) : 'peer-node'
  const isFailing = row !== undefined && row.errors > 0 && row.requests > 0
  return html`<button
    type="button"
    class=${`map-node ${colour} ${isDim ? 'dim' : ''} ${isFailing ? 'failing' : ''}`}
    data-node=${id}
    tabindex=${isStop ? 0 : -1}
    aria-pressed=${isChosen}
    title=${name}
    style=${{ left: `${x}px`, top: `${y}px`, width: `${NODE.width}px`, height: `${NODE.height}px` }}
    onMouseEnter=${() => on.onNear(id)}
    onMouseLeave=${() => on.onNear(undefined)}
    onFocus=${() => {
      on.onReach(id)
      on.onNear(id)
    }}
    onBlur=${() => on.onNear(undefined)}
    onClick=${on.onChoose}
  >
    <span class="map-name ellipsis">${name || '(no service name)'}</span>
    <span class="visually-hidden">, ${kind}, </span>
    <span class="map-facts">
      ${
        row
          ? html`<span>${rateText(row.rate)}</span>${isFailing && html`<span class="bad">${percentText(row.errors / row.requests)} errors</span>`}`
          : html`<span>${kind === 'service' ? 'no requests' : html`<span aria-hidden="true">${kind}</span>`}</span>`
      }
    </span>
  </button>`
}
