import type { Trace } from '@spanhouse/queries'
import { useMemo, useState } from 'preact/hooks'
import { change, parameter } from '../shell/address.js'
import { findSpans, nextOf } from './find.js'
import {
  type Folds,
  fold,
  foldToLevel,
  HIDDEN,
  isOpen,
  oneLevelLess,
  oneLevelMore,
  reveal,
  shownAncestor,
  shownNodes,
} from './folds.js'
import { hasChildren, type Tree, type TreeNode, treeOf } from './nodes.js'
import { type Filtered, type Noise, noiseText, parseNoise, withoutNoise } from './noise.js'
import { type Cursor, useCursor } from './use-cursor.js'
import { isWhole, wholeTrace, type Zoom, zoomAround, zoomBetween, zoomToSpan } from './zoom.js'

/** What the waterfall shows of a trace, and what can be done with it. */
export interface Waterfall {
  readonly trace: Trace
  readonly tree: Tree
  readonly filtered: Filtered | undefined
  /** The numbers of the nodes that have a row. */
  readonly shown: readonly number[]
  readonly cursor: Cursor
  /** The number of the node that the cursor is on, and of its row. */
  readonly at: number
  readonly row: number
  readonly node: TreeNode | undefined
  readonly zoom: Zoom
  readonly isZoomed: boolean
  readonly noise: Noise
  readonly find: string
  /** The numbers of the spans that the search found, in `trace.spans`. */
  readonly found: readonly number[]
  readonly foundNodes: ReadonlySet<number>
  readonly showsCritical: boolean
  isOpen(number: number): boolean
  moveTo(number: number): void
  moveToRow(row: number): void
  showSpan(index: number): void
  fold(number: number, open: boolean): void
  level(change: number | 'more' | 'less'): void
  nextError(direction: 1 | -1): boolean
  nextFound(direction: 1 | -1): boolean
  setFind(text: string): void
  setNoise(noise: Noise): void
  setCritical(on: boolean): void
  zoomBetween(a: number, b: number): void
  zoomToCursor(): void
  zoomBy(factor: number): void
  resetZoom(): void
}

export function useWaterfall(trace: Trace, scrollTo: (number: number) => void): Waterfall {
  const tree = useMemo(() => treeOf(trace), [trace])
  const [folds, setFolds] = useState<Folds>(new Map())
  const [part, setPart] = useState<Zoom | undefined>(undefined)
  const hide = parameter('hide')
  const noise = useMemo(() => parseNoise(hide), [hide])
  const filtered = useMemo(() => withoutNoise(tree, noise), [tree, noise])
  const shown = useMemo(() => shownNodes(tree, folds, filtered?.kept), [tree, folds, filtered])
  const rowOf = useMemo(() => new Map(shown.map((number, row) => [number, row])), [shown])
  const find = parameter('find')
  const nodeOf = (index: number) => tree.numberOfSpan[index] ?? -1
  const found = useMemo(
    () => findSpans(trace, find).filter((index) => filtered?.kept[nodeOf(index)] !== HIDDEN),
    [trace, find, filtered],
  )
  const foundNodes = useMemo(() => withGroups(tree, found.map(nodeOf)), [found, tree])

  const goTo = (number: number) => {
    setFolds((old) => reveal(tree, old, number))
    scrollTo(number)
  }
  const cursor = useCursor(tree, (key) => goTo(tree.numberOfKey.get(key) ?? -1))
  const shownSet = { has: (number: number) => rowOf.has(number) } as ReadonlySet<number>
  const wanted = tree.numberOfKey.get(cursor.key) ?? 0
  const at = Math.max(shownAncestor(tree, shownSet, wanted), shown[0] ?? 0)
  const node = tree.nodes[at]
  const zoom = part ?? wholeTrace(trace.durationNs)
  const setZoom = (next: Zoom) => setPart(isWhole(next, trace.durationNs) ? undefined : next)

  const moveTo = (number: number) => {
    const key = tree.nodes[number]?.key
    if (key === undefined) return
    cursor.moveTo(key)
    goTo(number)
  }
  const next = (indexes: readonly number[], direction: 1 | -1) => {
    // A group stands before its spans: from there the next span is the first one in it.
    const from = (node?.span.index ?? 0) - (node?.kind === 'span' ? 0 : 0.5)
    const index = nextOf(indexes, from, direction)
    if (index === undefined) return false
    moveTo(nodeOf(index))
    return true
  }

  return {
    trace,
    tree,
    filtered,
    shown,
    cursor,
    at,
    row: rowOf.get(at) ?? 0,
    node,
    zoom,
    isZoomed: part !== undefined,
    noise,
    find,
    found,
    foundNodes,
    showsCritical: parameter('critical') !== 'off',
    isOpen: (number) => isOpen(tree, folds, number),
    moveTo,
    moveToRow: (row) => moveTo(shown[Math.min(Math.max(row, 0), shown.length - 1)] ?? 0),
    showSpan: (index) => moveTo(nodeOf(index)),
    fold: (number, open) => {
      if (hasChildren(tree, number)) setFolds((old) => fold(tree, old, number, open))
    },
    level: (by) =>
      setFolds((old) => {
        if (by === 'more') return oneLevelMore(tree, old)
        return by === 'less' ? oneLevelLess(tree, old) : foldToLevel(tree, by)
      }),
    nextError: (direction) =>
      next(
        trace.spans.filter(({ row }) => row.status === 'error').map(({ index }) => index),
        direction,
      ),
    nextFound: (direction) => next(found, direction),
    setFind: (text) => change({ find: text }, { replace: true }),
    setNoise: (given) => change({ hide: noiseText(given) }, { replace: true }),
    setCritical: (on) => change({ critical: on ? undefined : 'off' }, { replace: true }),
    zoomBetween: (a, b) => setZoom(zoomBetween(zoom, a, b, trace.durationNs)),
    zoomToCursor: () => {
      if (node) setZoom(zoomToSpan(node.span.startNs, endOf(node), trace.durationNs))
    },
    zoomBy: (factor) => setZoom(zoomAround(zoom, middleOf(zoom, node), factor, trace.durationNs)),
    resetZoom: () => setPart(undefined),
  }
}

/** A group that is closed stands for its spans. */
function withGroups(tree: Tree, numbers: readonly number[]): Set<number> {
  const all = new Set(numbers)
  for (const number of numbers) {
    const { parent = -1 } = tree.nodes[number] ?? {}
    if (tree.nodes[parent]?.kind === 'repeat') all.add(parent)
  }
  return all
}

function endOf(node: TreeNode): number {
  return node.repeat
    ? node.repeat.spans.reduce((end, span) => Math.max(end, span.endNs), 0)
    : node.span.endNs
}

/** The middle of the span that the cursor is on, if it is in sight. */
function middleOf(zoom: Zoom, node: TreeNode | undefined): number {
  const middle = node ? (node.span.startNs + endOf(node)) / 2 : 0
  return middle >= zoom.fromNs && middle <= zoom.toNs ? middle : (zoom.fromNs + zoom.toNs) / 2
}
