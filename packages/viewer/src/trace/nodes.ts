import type { Repeat, Trace, TraceSpan } from '@spanhouse/queries'

/**
 * A node of the waterfall's tree. Beside spans there are groups of repeated spans, with the spans below them, and parents that are not
 * among the spans, with their orphans below them.
 */
export interface TreeNode {
  /** The same after the trace was read again. */
  readonly key: string
  readonly kind: 'span' | 'repeat' | 'missing'
  /** The span; of a group or of orphans the first one. */
  readonly span: TraceSpan
  /** Of a group. */
  readonly repeat: Repeat | undefined
  /** In the waterfall, so a group's spans are one deeper than in the trace. */
  readonly depth: number
  /** The number of the parent node; -1 at the top level. */
  readonly parent: number
  /** The number of the last descendant, or its own. */
  readonly last: number
}

export interface Tree {
  /** Depth first. */
  readonly nodes: readonly TreeNode[]
  readonly numberOfKey: ReadonlyMap<string, number>
  /** The number of the node of each span, by `TraceSpan.index`. */
  readonly numberOfSpan: Int32Array
  readonly maxDepth: number
}

interface Draft extends TreeNode {
  last: number
}

interface Item {
  readonly kind: TreeNode['kind']
  readonly span: TraceSpan
  readonly repeat: Repeat | undefined
  readonly below: readonly Item[] | readonly TraceSpan[]
}

/** Nothing here recurses: a trace may be 10,000 deep. */
export function treeOf(trace: Trace): Tree {
  const nodes: Draft[] = []
  const numberOfKey = new Map<string, number>()
  const numberOfSpan = new Int32Array(trace.spans.length)
  const stack: { item: Item; parent: number }[] = []
  const push = (items: readonly Item[], parent: number) => {
    for (let i = items.length - 1; i >= 0; i--) stack.push({ item: items[i] as Item, parent })
  }
  push(topItems(trace.roots), -1)
  let maxDepth = 0
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { item, parent } = next
    const number = nodes.length
    const key = keyOf(item)
    const depth = (nodes[parent]?.depth ?? -1) + 1
    maxDepth = Math.max(maxDepth, depth)
    nodes.push({
      key,
      kind: item.kind,
      span: item.span,
      repeat: item.repeat,
      depth,
      parent,
      last: number,
    })
    if (!numberOfKey.has(key)) numberOfKey.set(key, number)
    if (item.kind === 'span') {
      numberOfSpan[item.span.index] = number
      push(itemsOf(item.span.children), number)
    } else push(item.below as readonly Item[], number)
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    const { parent, last } = nodes[i] as Draft
    const above = nodes[parent]
    if (above) above.last = Math.max(above.last, last)
  }
  return { nodes, numberOfKey, numberOfSpan, maxDepth }
}

/** Orphans of the same parent stand together, where the first of them stands. */
function topItems(roots: readonly TraceSpan[]): Item[] {
  const families = new Map<string | undefined, TraceSpan[]>()
  for (const root of roots) {
    const family = families.get(root.missingParent)
    if (family) family.push(root)
    else families.set(root.missingParent, [root])
  }
  const hasNoParent = itemsOf(families.get(undefined) ?? [])
  families.delete(undefined)
  const missing = [...families.values()].map(
    (orphans): Item => ({
      kind: 'missing',
      span: orphans[0] as TraceSpan,
      repeat: undefined,
      below: itemsOf(orphans),
    }),
  )
  return [...hasNoParent, ...missing].sort((a, b) => a.span.index - b.span.index)
}

/** Siblings, with each group at the place of its first span. */
function itemsOf(siblings: readonly TraceSpan[]): Item[] {
  const items: Item[] = []
  const inFamily = new Map<Repeat, number>()
  for (const { repeat } of siblings)
    if (repeat) inFamily.set(repeat, (inFamily.get(repeat) ?? 0) + 1)
  for (const span of siblings) {
    const { repeat } = span
    // Orphans of several missing parents can be one group of the model. Here they are not siblings.
    if (!repeat || inFamily.get(repeat) !== repeat.count) items.push(spanItem(span))
    else if (repeat.spans[0] === span)
      items.push({ kind: 'repeat', span, repeat, below: repeat.spans.map(spanItem) })
  }
  return items
}

function spanItem(span: TraceSpan): Item {
  return { kind: 'span', span, repeat: undefined, below: [] }
}

function keyOf({ kind, span }: Item): string {
  const id = span.row.span_id || `#${span.index}`
  if (kind === 'span') return id
  return kind === 'repeat' ? `repeat ${id}` : `missing ${span.missingParent}`
}

export function hasChildren(tree: Tree, number: number): boolean {
  return (tree.nodes[number]?.last ?? number) > number
}
