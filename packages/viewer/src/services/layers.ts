/** What a layout needs to know of a graph. */
export interface Structure {
  readonly nodes: readonly string[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

/**
 * The layer of each node, from 0: the smallest that is after the layers of all its callers. In a circle only those calls count that lead
 * further away from where requests come in; the others lead back, or to the same layer. So circles make a map no longer.
 */
export function assignLayers(structure: Structure): Map<string, number> {
  const callees = neighbours(structure, 'from', 'to')
  const depths = depthsOf(structure, callees)
  const depth = (node: string) => depths.get(node) ?? 0
  const reached = new Map<string, ReadonlySet<string>>()
  const reaches = (from: string, to: string) => {
    const known = reached.get(from) ?? reachable(from, callees)
    reached.set(from, known)
    return known.has(to)
  }
  const counted = structure.edges.filter(
    ({ from, to }) => from !== to && (depth(to) > depth(from) || !reaches(to, from)),
  )
  const callers = neighbours({ nodes: structure.nodes, edges: counted }, 'to', 'from')
  const layers = new Map<string, number>()
  // Ends, as what is left has no circle. It is as deep as the longest chain of calls.
  const layerOf = (node: string): number => {
    const known = layers.get(node)
    if (known !== undefined) return known
    const layer = (callers.get(node) ?? []).reduce(
      (most, one) => Math.max(most, layerOf(one) + 1),
      0,
    )
    layers.set(node, layer)
    return layer
  }
  for (const node of structure.nodes) layerOf(node)
  return layers
}

type Neighbours = ReadonlyMap<string, readonly string[]>

function neighbours(
  { nodes, edges }: Structure,
  key: 'from' | 'to',
  value: 'from' | 'to',
): Neighbours {
  const lists = new Map<string, string[]>(nodes.map((node) => [node, []]))
  for (const edge of edges) lists.get(edge[key])?.push(edge[value])
  return lists
}

/** The number of calls from where requests come in. In a circle that nothing leads to, they come in at its first node. */
function depthsOf({ nodes, edges }: Structure, callees: Neighbours): Map<string, number> {
  const called = new Set(edges.flatMap(({ from, to }) => (from === to ? [] : [to])))
  const depths = new Map<string, number>()
  const spread = (entries: readonly string[]) => {
    let wave = entries.filter((node) => !depths.has(node))
    for (let depth = 0; wave.length > 0; depth++) {
      for (const node of wave) depths.set(node, depth)
      const next = wave.flatMap((node) => callees.get(node) ?? [])
      wave = [...new Set(next)].filter((node) => !depths.has(node))
    }
  }
  spread(nodes.filter((node) => !called.has(node)))
  for (const node of nodes) spread([node])
  return depths
}

function reachable(from: string, callees: Neighbours): Set<string> {
  const seen = new Set([from])
  for (const node of seen) for (const next of callees.get(node) ?? []) seen.add(next) // it grows on the way
  return seen
}
