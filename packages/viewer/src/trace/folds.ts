import { hasChildren, type Tree } from './nodes.js'

/** What the user has opened and closed, by the nodes' keys. */
export type Folds = ReadonlyMap<string, boolean>

/** What a filter leaves of a node. */
export const HIDDEN = 0
export const SHOWN = 1
/** Only there because something below it is shown. */
export const ON_THE_WAY = 2

/** Groups are closed at first, everything else is open. */
export function isOpen(tree: Tree, folds: Folds, number: number): boolean {
  const node = tree.nodes[number]
  return node !== undefined && (folds.get(node.key) ?? node.kind !== 'repeat')
}

/** The numbers of the nodes that have a row. `kept` says what a filter leaves of each node. */
export function shownNodes(tree: Tree, folds: Folds, kept?: Uint8Array): number[] {
  const shown: number[] = []
  for (let i = 0; i < tree.nodes.length; i++) {
    const last = tree.nodes[i]?.last ?? i
    const isHidden = kept?.[i] === HIDDEN
    if (!isHidden) shown.push(i)
    if (isHidden || !isOpen(tree, folds, i)) i = last
  }
  return shown
}

export function fold(tree: Tree, folds: Folds, number: number, open: boolean): Folds {
  const node = tree.nodes[number]
  return node && hasChildren(tree, number) ? new Map(folds).set(node.key, open) : folds
}

/** Opens everything that a node is in. */
export function reveal(tree: Tree, folds: Folds, number: number): Folds {
  let next = folds
  for (let at = tree.nodes[number]?.parent ?? -1; at >= 0; at = tree.nodes[at]?.parent ?? -1)
    if (!isOpen(tree, next, at)) next = fold(tree, next, at, true)
  return next
}

/** Opens what is above level `level` and closes the rest: 1 leaves the top level, Infinity opens everything. */
export function foldToLevel(tree: Tree, level: number): Folds {
  const folds = new Map<string, boolean>()
  for (const [number, node] of tree.nodes.entries())
    if (hasChildren(tree, number)) folds.set(node.key, node.depth < level - 1)
  return folds
}

/** Opens the highest level on which something is closed. */
export function oneLevelMore(tree: Tree, folds: Folds): Folds {
  const closed = shownNodes(tree, folds).filter(
    (number) => hasChildren(tree, number) && !isOpen(tree, folds, number),
  )
  const level = lowest(tree, closed, Math.min)
  return foldAll(tree, folds, closed, level, true)
}

/** Closes the deepest level on which something is open. */
export function oneLevelLess(tree: Tree, folds: Folds): Folds {
  const open = shownNodes(tree, folds).filter(
    (number) => hasChildren(tree, number) && isOpen(tree, folds, number),
  )
  return foldAll(tree, folds, open, lowest(tree, open, Math.max), false)
}

function lowest(tree: Tree, numbers: readonly number[], better: typeof Math.min): number {
  return numbers
    .map((number) => tree.nodes[number]?.depth ?? 0)
    .reduce((a, b) => better(a, b), better === Math.min ? Infinity : -1)
}

function foldAll(
  tree: Tree,
  folds: Folds,
  numbers: readonly number[],
  depth: number,
  open: boolean,
): Folds {
  const next = new Map(folds)
  for (const number of numbers) {
    const node = tree.nodes[number]
    if (node?.depth === depth) next.set(node.key, open)
  }
  return next
}

/** Where the cursor is if its own node has no row: at the nearest node above it that has one. */
export function shownAncestor(tree: Tree, shown: ReadonlySet<number>, number: number): number {
  let at = number
  while (at >= 0 && !shown.has(at)) at = tree.nodes[at]?.parent ?? -1
  return at
}
