import { byText } from '../common/order.js'
import type { Graph } from './graph.js'
import type { Structure } from './layers.js'

export const EMPTY: Structure = { nodes: [], edges: [] }

/** Everything that was there and everything that is there now: what pauses keeps its place in the map. */
export function grown(before: Structure, graph: Graph): Structure {
  const nodes = new Set([...before.nodes, ...graph.nodes.map(({ id }) => id)])
  const edges = new Map(
    [...before.edges, ...graph.edges].map(({ from, to }) => [edgeKey(from, to), { from, to }]),
  )
  if (nodes.size === before.nodes.length && edges.size === before.edges.length) return before
  return {
    nodes: [...nodes].sort(byText),
    edges: [...edges.values()].sort((a, b) => byText(a.from, b.from) || byText(a.to, b.to)),
  }
}

export const edgeKey = (from: string, to: string): string => `${from}\n${to}`
