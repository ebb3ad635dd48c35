import type { EdgeRow, ServiceRow } from '@spanhouse/queries'
import { byText } from '../common/order.js'

export type NodeKind = 'service' | EdgeRow['callee_kind']

export interface GraphNode {
  /** Kind and name: a database may have the name of a service. */
  readonly id: string
  readonly name: string
  readonly kind: NodeKind
  /** Of a service that sends spans itself; `undefined` for a peer. */
  readonly row: ServiceRow | undefined
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly row: EdgeRow
}

export interface Graph {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

export const nodeId = (kind: NodeKind, name: string): string => `${kind}:${name}`

/**
 * Nodes and edges in an order that depends on their names alone, so equal answers make equal graphs whatever order their rows had.
 */
export function buildGraph(services: readonly ServiceRow[], calls: readonly EdgeRow[]): Graph {
  const nodes = new Map<string, GraphNode>()
  const add = (kind: NodeKind, name: string, row?: ServiceRow) => {
    const id = nodeId(kind, name)
    if (row || !nodes.has(id)) nodes.set(id, { id, name, kind, row })
    return id
  }
  for (const row of services) add('service', row.service, row)
  const edges = new Map<string, GraphEdge>()
  for (const row of calls) {
    const from = add('service', row.caller)
    const to = add(row.callee_kind, row.callee)
    edges.set(`${from}\n${to}`, { from, to, row })
  }
  return {
    nodes: [...nodes.values()].sort((a, b) => byText(a.id, b.id)),
    edges: [...edges.values()].sort((a, b) => byText(a.from, b.from) || byText(a.to, b.to)),
  }
}

/** The node itself and everything that calls it or is called by it. */
export function neighbourhood(graph: Graph, id: string): Set<string> {
  const near = new Set([id])
  for (const { from, to } of graph.edges) {
    if (from === id) near.add(to)
    if (to === id) near.add(from)
  }
  return near
}
