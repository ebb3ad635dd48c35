/** A place in a layer: of a node, or of an edge that passes the layer on its way. */
export interface Slot {
  readonly node: string | undefined
  readonly layer: number
  readonly before: Slot[]
  readonly after: Slot[]
  /** With the space around it. */
  readonly height: number
  /** Of its middle. */
  y: number
}

/** How often the layers are gone through. The result no longer changes visibly after that. */
const SWEEPS = 8

/**
 * Sets `y` of all slots: orders each layer so that few edges cross, then moves each slot as near to its neighbours as its layer allows.
 */
export function arrange(layers: Slot[][]): void {
  const spread = (layer: Slot[]) =>
    distances(layer).forEach((y, index) => {
      const slot = layer[index]
      if (slot) slot.y = y
    })
  layers.forEach(spread)
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    forEachLayer(layers, sweep, (layer, side) => {
      const wanted = new Map(layer.map((slot) => [slot, middle(slot[side]) ?? slot.y]))
      layer.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0)) // stable: ties keep their order
      spread(layer)
    })
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    forEachLayer(layers, sweep, (layer, side) => {
      const wanted = layer.map((slot) => middle(slot[side]) ?? slot.y)
      nearest(wanted, distances(layer)).forEach((y, index) => {
        const slot = layer[index]
        if (slot) slot.y = y
      })
    })
}

/** To the right with an eye on callers, then to the left with an eye on callees. */
function forEachLayer(
  layers: Slot[][],
  sweep: number,
  visit: (layer: Slot[], side: 'before' | 'after') => void,
): void {
  if (sweep % 2 === 0) for (const layer of layers) visit(layer, 'before')
  else for (const layer of layers.toReversed()) visit(layer, 'after')
}

function middle(slots: readonly Slot[]): number | undefined {
  if (slots.length === 0) return undefined
  return slots.reduce((sum, { y }) => sum + y, 0) / slots.length
}

/** Where the slots of a layer stand if they are as close as they can be, from the first one's middle. */
function distances(layer: readonly Slot[]): number[] {
  let y = 0
  return layer.map(({ height }, index) => {
    const previous = layer[index - 1]
    if (previous) y += (previous.height + height) / 2
    return y
  })
}

/**
 * The positions nearest to those wanted (least squares) that keep the order and are at least as far apart as those in `closest`.
 * Neighbours that would overlap become a block, which stands at the mean of what its members want.
 */
export function nearest(wanted: readonly number[], closest: readonly number[]): number[] {
  const blocks: { sum: number; size: number }[] = []
  const mean = ({ sum, size }: { sum: number; size: number }) => sum / size
  wanted.forEach((y, index) => {
    blocks.push({ sum: y - (closest[index] ?? 0), size: 1 })
    for (;;) {
      const [last, previous] = [blocks.at(-1), blocks.at(-2)]
      if (!last || !previous || mean(previous) <= mean(last)) return
      previous.sum += last.sum
      previous.size += last.size
      blocks.pop()
    }
  })
  return blocks
    .flatMap((block) => Array<number>(block.size).fill(mean(block)))
    .map((y, index) => y + (closest[index] ?? 0))
}
