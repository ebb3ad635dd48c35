import type { Trace, TraceSpan } from './trace.js'

/** What the spans of one operation did in one trace. */
export interface OperationSum {
  readonly count: number
  readonly errors: number
  /** The sum of their durations. */
  readonly totalNs: number
  readonly selfNs: number
}

/** An operation at one place of the tree: the spans with the same services and names from the top level down to them. */
export interface ComparedOperation {
  readonly service: string
  readonly name: string
  readonly depth: number
  /** Undefined if only the second trace has it. */
  readonly a: OperationSum | undefined
  /** Undefined if only the first trace has it. */
  readonly b: OperationSum | undefined
  /** What `b` takes longer than `a`, in total; negative if it takes less. */
  readonly differenceNs: number
}

export interface Comparison {
  readonly a: Trace
  readonly b: Trace
  readonly differenceNs: number
  /** Depth first; below one operation, in the order of their first start in `a`, or in `b` if only that has them. */
  readonly operations: readonly ComparedOperation[]
}

interface Node {
  service: string
  name: string
  depth: number
  startNs: number
  a: OperationSum | undefined
  b: OperationSum | undefined
  children: Map<string, Node>
}

/** Compares two traces operation by operation. Operations are the same if the names on the path to them are. */
export function compareTraces(a: Trace, b: Trace): Comparison {
  const top = newNode('', '', -1, 0)
  addTrace(top, a, 'a')
  addTrace(top, b, 'b')
  const operations: ComparedOperation[] = []
  const stack = inStartOrder(top)
  for (let node = stack.pop(); node; node = stack.pop()) {
    operations.push({
      service: node.service,
      name: node.name,
      depth: node.depth,
      a: node.a,
      b: node.b,
      differenceNs: (node.b?.totalNs ?? 0) - (node.a?.totalNs ?? 0),
    })
    for (const child of inStartOrder(node)) stack.push(child)
  }
  return { a, b, differenceNs: b.durationNs - a.durationNs, operations }
}

function addTrace(top: Node, trace: Trace, side: 'a' | 'b'): void {
  const nodes = new Map<TraceSpan, Node>()
  for (const span of trace.spans) {
    const parent = (span.parent && nodes.get(span.parent)) ?? top
    const { service, name } = span.row
    const key = JSON.stringify([service, name])
    let node = parent.children.get(key)
    if (!node) {
      node = newNode(service, name, span.depth, span.startNs)
      parent.children.set(key, node)
    }
    nodes.set(span, node)
    node[side] = sumWith(node[side], span)
  }
}

function newNode(service: string, name: string, depth: number, startNs: number): Node {
  return { service, name, depth, startNs, a: undefined, b: undefined, children: new Map() }
}

function sumWith(sum: OperationSum | undefined, span: TraceSpan): OperationSum {
  return {
    count: (sum?.count ?? 0) + 1,
    errors: (sum?.errors ?? 0) + (span.row.status === 'error' ? 1 : 0),
    totalNs: (sum?.totalNs ?? 0) + span.endNs - span.startNs,
    selfNs: (sum?.selfNs ?? 0) + span.selfNs,
  }
}

/** The children, the first one last: for a stack. */
function inStartOrder(node: Node): Node[] {
  return [...node.children.values()].sort((x, y) => y.startNs - x.startNs)
}
