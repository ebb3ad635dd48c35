import type { Draft } from './draft.js'

/** Links the spans, given in the order of their start, to their parents. Returns the top level. Nothing here recurses: a trace may be 10,000 deep. */
export function linkTree(drafts: readonly Draft[]): Draft[] {
  const byId = new Map<string, Draft>()
  for (const draft of drafts) if (draft.row.span_id !== '') byId.set(draft.row.span_id, draft)
  for (const draft of drafts) {
    const id = draft.row.parent_span_id
    if (isNoId(id)) continue
    draft.parent = byId.get(id)
    if (!draft.parent) draft.missingParent = id
  }
  cutCycles(drafts)
  const roots: Draft[] = []
  for (const draft of drafts) (draft.parent?.children ?? roots).push(draft)
  return roots
}

/** Some senders write a missing parent as zeros. */
function isNoId(id: string): boolean {
  return /^0*$/.test(id)
}

/** Every cycle loses one link: that of its earliest span. */
function cutCycles(drafts: readonly Draft[]): void {
  const order = new Map(drafts.map((draft, i) => [draft, i]))
  const walkOf = new Map<Draft, number>()
  for (const [walk, start] of drafts.entries()) {
    let at: Draft | undefined = start
    while (at && !walkOf.has(at)) {
      walkOf.set(at, walk)
      at = at.parent
    }
    if (!at || walkOf.get(at) !== walk) continue
    let earliest = at
    for (let next = at.parent; next && next !== at; next = next.parent)
      if ((order.get(next) ?? 0) < (order.get(earliest) ?? 0)) earliest = next
    earliest.parent = undefined
    earliest.inCycle = true
  }
}

/** The spans depth first, with their depth and number. */
export function inOrder(roots: readonly Draft[]): Draft[] {
  const spans: Draft[] = []
  const stack = roots.toReversed()
  for (let draft = stack.pop(); draft; draft = stack.pop()) {
    draft.index = draft.lastIndex = spans.push(draft) - 1
    draft.depth = draft.parent ? draft.parent.depth + 1 : 0
    for (let i = draft.children.length - 1; i >= 0; i--) stack.push(draft.children[i] as Draft)
  }
  for (const draft of spans.toReversed())
    if (draft.parent) draft.parent.lastIndex = Math.max(draft.parent.lastIndex, draft.lastIndex)
  return spans
}
