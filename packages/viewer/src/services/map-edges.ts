import { html, type VNode } from '../common/html.js'
import { percentText, rateText } from '../common/text.js'
import type { Graph } from './graph.js'
import { type Layout, NODE, type Point, pathOf } from './layout.js'
import { edgeKey } from './structure.js'

export interface MapEdgesProps {
  readonly graph: Graph
  readonly layout: Layout
  readonly routes: ReadonlyMap<string, readonly Point[]>
  readonly seconds: number
  /** The node whose edges are lit, if any. */
  readonly active: string | undefined
}

/** With more edges than this, only those of the active node have a text. */
const MOST_TEXTS = 24

/** The same is in the table of calls, so screen readers pass over the lines. */
export function MapEdges({ graph, layout, routes, seconds, active }: MapEdgesProps): VNode {
  const few = graph.edges.length <= MOST_TEXTS
  const shown = graph.edges.map((edge) => ({
    edge,
    points: routes.get(edgeKey(edge.from, edge.to)) ?? [],
    isLit: active !== undefined && (edge.from === active || edge.to === active),
  }))
  return html`<svg class="map-edges" width=${layout.width} height=${layout.height} aria-hidden="true" focusable="false">
    ${shown.map(({ edge, points, isLit }) => {
      const { from, to, row } = edge
      const state = `${row.errors > 0 ? 'failing' : ''} ${active === undefined ? '' : isLit ? 'lit' : 'dim'}`
      const place = from === to ? layout.places.get(from) : undefined
      const path = place ? loop(place) : pathOf(points)
      return html`<g key=${edgeKey(from, to)} class=${`map-edge ${state}`}>
        <path d=${path} stroke-width=${thickness(row.calls / seconds)} />
        ${points.length > 1 && html`<path class="map-tip" d=${tip(points)} />`}
      </g>`
    })}
    ${shown
      .filter(({ points, isLit }) => points.length > 1 && (active === undefined ? few : isLit))
      .map(({ edge, points }) => {
        const { x, y } = middle(points)
        return html`<text key=${edgeKey(edge.from, edge.to)} class="map-text" x=${x} y=${y}>
          <tspan>${rateText(edge.row.calls / seconds)}</tspan>
          ${edge.row.errors > 0 && html`<tspan class="bad" dx="4">${percentText(edge.row.errors / edge.row.calls)}</tspan>`}
        </text>`
      })}
  </svg>`
}

/** 1 to 4 px; ten times the calls are one pixel more. */
function thickness(perSecond: number): number {
  return Math.min(4, Math.max(1, 1 + Math.log10(1 + perSecond)))
}

/** An arrow head at the end of the line, in the direction in which it arrives. */
function tip(points: readonly Point[]): string {
  const [end, before] = [points.at(-1) as Point, points.at(-2) as Point]
  const back = end.x > before.x ? -8 : 8
  return `M${end.x},${end.y}l${back},-4v8z`
}

/** A call of itself: a loop over the upper right corner. */
function loop({ x, y }: Point): string {
  const right = x + NODE.width
  return `M${right - 28},${y}C${right - 28},${y - 18} ${right + 18},${y + 14} ${right},${y + 14}`
}

/**
 * Between the first two layers that the line connects: lines to one node meet at its end, where their texts would cover each other.
 * Above a line to the right and below one to the left, as these run side by side.
 */
function middle(points: readonly Point[]): Point {
  const [a, b] = [points[0] as Point, points[1] as Point]
  const aside = a.x === b.x ? 40 : 0 // the line is a bow
  return { x: (a.x + b.x) / 2 + aside, y: (a.y + b.y) / 2 + (a.x < b.x ? -5 : 14) }
}
