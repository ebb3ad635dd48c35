import type { Draft } from './draft.js'

/** A span on the path, or the trace itself (without a draft). Times below `now` are still to be explained. */
interface Frame {
  readonly draft: Draft | undefined
  readonly fromNs: number
  now: number
  /** The one that ends last stands first. */
  readonly children: readonly Part[]
  next: number
}

/** The part of a child that lies within its parent. */
interface Part {
  readonly draft: Draft
  readonly fromNs: number
  readonly toNs: number
}

/**
 * Marks what decides when the trace ends. From the end of a span, the path goes back to the child that ended last, through that child
 * to its start, from there to the child that ended last before it, and so on; what no child explains is the span's own. The top level
 * counts as children of the trace. What a child does outside its parent's time does not delay the parent, so it is not on the path.
 */
export function markCriticalPath(roots: readonly Draft[], durationNs: number): void {
  const visited: Draft[] = []
  const stack = [frameOf(undefined, roots, 0, durationNs)]
  for (let frame = stack.at(-1); frame; frame = stack.at(-1)) {
    const child = lastEnded(frame)
    addSegment(frame.draft, child ? child.toNs : frame.fromNs, frame.now)
    if (!child) {
      stack.pop()
      continue
    }
    visited.push(child.draft)
    frame.now = child.fromNs
    stack.push(frameOf(child.draft, child.draft.children, child.fromNs, child.toNs))
  }
  // The walk goes backwards in time.
  for (const draft of visited) draft.critical.reverse()
}

function frameOf(
  draft: Draft | undefined,
  children: readonly Draft[],
  fromNs: number,
  toNs: number,
): Frame {
  const parts = children
    .map((child) => ({
      draft: child,
      fromNs: Math.max(child.startNs, fromNs),
      toNs: Math.min(child.endNs, toNs),
    }))
    .filter((part) => part.toNs > part.fromNs)
    .sort((a, b) => b.toNs - a.toNs || b.draft.endNs - a.draft.endNs || a.fromNs - b.fromNs)
  return { draft, fromNs, now: toNs, children: parts, next: 0 }
}

/** The child that ended last before `now`; one that was still running then ran beside the path. */
function lastEnded(frame: Frame): Part | undefined {
  for (;;) {
    const child = frame.children[frame.next++]
    if (!child || child.toNs <= frame.now) return child
  }
}

function addSegment(draft: Draft | undefined, fromNs: number, toNs: number): void {
  if (draft && toNs > fromNs) draft.critical.push({ fromNs, toNs })
}
