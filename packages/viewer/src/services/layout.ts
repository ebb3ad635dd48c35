import { assignLayers, type Structure } from './layers.js'
import { arrange, type Slot } from './slots.js'

/** All in pixels. */
export const NODE = { width: 176, height: 44, gapX: 104, gapY: 20, margin: 24 }
const STEP = { x: NODE.width + NODE.gapX, y: NODE.height + NODE.gapY }
/** How far a line between two nodes of one layer is pulled aside. */
const BOW = 56
/** What an edge that passes a layer takes of its height. */
const LANE = 16
/** Nodes without edges stand below in rows of at least this many. */
const LONERS_IN_A_ROW = 4

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  /** The upper left corner of each node. */
  readonly places: ReadonlyMap<string, Point>
  /** For each edge, in the order of the structure: the points it passes, from caller to callee. Empty if they are the same. */
  readonly routes: readonly (readonly Point[])[]
}

/**
 * Callers on the left, callees on the right. Depends on the structure and its order alone, so a refresh with other rates moves nothing.
 */
export function layOut(structure: Structure): Layout {
  const linked = new Set(structure.edges.flatMap(({ from, to }) => (from === to ? [] : [from, to])))
  const layerOf = assignLayers(structure)
  const layers: Slot[][] = []
  const add = (layer: number, node?: string): Slot => {
    const height = node === undefined ? LANE : STEP.y
    const slot: Slot = { node, layer, before: [], after: [], height, y: 0 }
    while (layers.length <= layer) layers.push([])
    layers[layer]?.push(slot)
    return slot
  }
  const slots = new Map<string, Slot>()
  for (const id of structure.nodes) if (linked.has(id)) slots.set(id, add(layerOf.get(id) ?? 0, id))
  const chains = structure.edges.map(({ from, to }) => {
    const [caller, callee] = [slots.get(from), slots.get(to)]
    if (from === to || !caller || !callee) return []
    if (caller.layer === callee.layer) return [caller, callee]
    if (caller.layer < callee.layer) return chain(caller, callee, add)
    return chain(callee, caller, add).reverse()
  })
  arrange(layers)

  const all = layers.flat()
  const top = all.reduce((least, { y, height }) => Math.min(least, y - height / 2), Infinity)
  for (const slot of all) slot.y = Math.round(slot.y - top) + NODE.margin - NODE.gapY / 2
  const bottom = all.reduce((most, { y, height }) => Math.max(most, y + height / 2), NODE.margin)

  const places = new Map<string, Point>()
  for (const [id, { layer, y }] of slots)
    places.set(id, { x: columnX(layer), y: y - NODE.height / 2 })
  const perRow = Math.max(LONERS_IN_A_ROW, layers.length)
  const loners = structure.nodes.filter((id) => !linked.has(id))
  for (const [index, id] of loners.entries()) {
    const row = Math.floor(index / perRow)
    places.set(id, { x: columnX(index % perRow), y: bottom + NODE.gapY / 2 + row * STEP.y })
  }
  const columns = Math.max(layers.length, Math.min(loners.length, perRow))
  const rows = Math.ceil(loners.length / perRow)
  return {
    width: columnX(columns) - NODE.gapX + NODE.margin,
    height: bottom + rows * STEP.y + NODE.margin,
    places,
    routes: chains.map(route),
  }
}

const columnX = (layer: number) => NODE.margin + layer * STEP.x

/** Connects two slots by way of one slot in each layer between them, so that an edge passes no node. */
function chain(left: Slot, right: Slot, add: (layer: number) => Slot): Slot[] {
  const slots = [left]
  for (let layer = left.layer + 1; layer < right.layer; layer++) slots.push(add(layer))
  slots.push(right)
  for (const [index, slot] of slots.slice(1).entries()) {
    const previous = slots[index] as Slot
    previous.after.push(slot)
    slot.before.push(previous)
  }
  return slots
}

/** Edges back run a little lower, so that two services that call each other have two lines. */
function route(slots: readonly Slot[]): Point[] {
  const [caller, callee] = [slots[0], slots.at(-1)]
  if (!caller || !callee) return []
  if (caller.layer === callee.layer) return bow(caller, callee)
  const isBack = caller.layer > callee.layer
  return slots.flatMap(({ node, layer, y }, index): Point[] => {
    const at = y + (isBack ? 10 : -2)
    const left = { x: columnX(layer), y: at }
    const right = { x: columnX(layer) + NODE.width, y: at }
    if (node === undefined) return isBack ? [right, left] : [left, right]
    return [(index === 0) === isBack ? left : right]
  })
}

/** From the right side of a node to the right side of one in the same layer. */
function bow(caller: Slot, callee: Slot): Point[] {
  const x = columnX(caller.layer) + NODE.width
  return [
    { x, y: caller.y + 4 },
    { x, y: callee.y + 10 },
  ]
}

/** A line through the points of a route, level where it meets a node. */
export function pathOf(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const previous = points[index - 1]
      if (!previous) return `M${x},${y}`
      if (previous.x === x) return `C${x + BOW},${previous.y} ${x + BOW},${y} ${x},${y}`
      const half = (previous.x + x) / 2
      return previous.y === y ? `L${x},${y}` : `C${half},${previous.y} ${half},${y} ${x},${y}`
    })
    .join('')
}
