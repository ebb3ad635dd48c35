import {
  harmless,
  type Trace,
  type TraceSpan,
  visibleRows,
  type WaterfallRow,
} from '@spanhouse/queries'

/** A line of the tree: a span, or a marker above spans whose parent is not here. */
export interface TreeRow {
  readonly label: string
  /** Undefined for a marker. */
  readonly row: WaterfallRow | undefined
}

/** Below this depth the tree is not indented further; a number says how deep it is. */
const DEEPEST = 12
const LONGEST_NAME = 200

/** The rows of the waterfall with their place in the tree drawn before their names. */
export function treeRows(trace: Trace): TreeRow[] {
  const rows = visibleRows(trace)
  const last = lastSiblings(rows)
  const shown: TreeRow[] = []
  const isLastAt: boolean[] = []
  let marker: string | undefined
  let isMarked = false
  for (const [i, row] of rows.entries()) {
    const { span } = row
    if (span.depth === 0) {
      const next = markerOf(span)
      if (next !== undefined && next !== marker) shown.push({ label: next, row: undefined })
      marker = next
      isMarked = next !== undefined
    }
    isLastAt[span.depth] = last[i] ?? true
    const repeat = row.repeat ? ` ×${row.repeat.count}` : ''
    const name = harmless(span.row.name, LONGEST_NAME) || '(no name)'
    shown.push({ label: `${branches(isLastAt, span.depth, isMarked)}${name}${repeat}`, row })
  }
  return shown
}

function markerOf(span: TraceSpan): string | undefined {
  if (span.missingParent !== undefined)
    return `(span ${harmless(span.missingParent, 32)} is missing)`
  return span.inCycle ? '(a span whose parents lead back to it)' : undefined
}

/** Whether no later row has the same parent. */
function lastSiblings(rows: readonly WaterfallRow[]): boolean[] {
  const isLast: boolean[] = []
  const hasLater: boolean[] = []
  for (let i = rows.length - 1; i >= 0; i--) {
    const depth = rows[i]?.span.depth ?? 0
    isLast[i] = hasLater[depth] !== true
    hasLater.length = depth
    hasLater[depth] = true
  }
  return isLast
}

function branches(isLastAt: readonly boolean[], depth: number, isMarked: boolean): string {
  if (depth === 0) return isMarked ? '└ ' : ''
  const start = isMarked ? '  ' : ''
  if (depth > DEEPEST) return `${start}${'  '.repeat(DEEPEST - 1)}${depth}└ `
  let lines = start
  for (let level = 1; level < depth; level++) lines += isLastAt[level] ? '  ' : '│ '
  return `${lines}${isLastAt[depth] ? '└ ' : '├ '}`
}
