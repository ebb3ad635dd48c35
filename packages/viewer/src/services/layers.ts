/** What a layout needs to know of a graph. */
export interface Structure {
  readonly nodes: readonly string[]
  readonly edges: readonly { readonly from: string; readonly to: string }[]
}

export interface Layered {
  /** Of each node, from 0. */
  readonly layerOf: ReadonlyMap<string, number>
  /** Indexes of edges that close a circle; they lead to an earlier layer, or to the same node. */
  readonly backward: ReadonlySet<number>
}

/** Gives each node the smallest layer that is after the layers of all its callers. Edges that close a circle do not count. */
export function assignLayers({ nodes, edges }: Structure): Layered {
  const outgoing = new Map<string, number[]>(nodes.map((node) => [node, []]))
  const called = new Set<string>()
  edges.forEach(({ from, to }, index) => {
    outgoing.get(from)?.push(index)
    if (from !== to) called.add(to)
  })
  const backward = new Set<number>()
  const open = new Set<string>()
  const done: string[] = []
  const seen = new Set<string>()
  // Recursion is as deep as the longest chain of services, which is far below the limit of the stack.
  const visit = (node: string) => {
    seen.add(node)
    open.add(node)
    for (const index of outgoing.get(node) ?? []) {
      const to = edges[index]?.to as string
      if (open.has(to)) backward.add(index)
      else if (!seen.has(to)) visit(to)
    }
    open.delete(node)
    done.push(node)
  }
  // Entry points first, so that a circle is cut where it leads back to its entry.
  for (const node of nodes) if (!called.has(node)) visit(node)
  for (const node of nodes) if (!seen.has(node)) visit(node)

  const layerOf = new Map<string, number>(nodes.map((node) => [node, 0]))
  for (const node of done.reverse())
    for (const index of outgoing.get(node) ?? []) {
      if (backward.has(index)) continue
      const to = edges[index]?.to as string
      layerOf.set(to, Math.max(layerOf.get(to) ?? 0, (layerOf.get(node) ?? 0) + 1))
    }
  return { layerOf, backward }
}
