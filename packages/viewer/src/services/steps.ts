import type { Point } from './layout.js'

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The node that an arrow key leads to: the nearest one in that direction, with a preference for what is straight ahead. */
export function stepFrom(
  places: ReadonlyMap<string, Point>,
  from: string,
  direction: Direction,
): string | undefined {
  const here = places.get(from)
  if (!here) return undefined
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [id, { x, y }] of places) {
    const [dx, dy] = [x - here.x, y - here.y]
    const ahead = { left: -dx, right: dx, up: -dy, down: dy }[direction]
    const aside = Math.abs(direction === 'left' || direction === 'right' ? dy : dx)
    if (ahead <= 0 || ahead + 2 * aside >= least) continue
    least = ahead + 2 * aside
    best = id
  }
  return best
}
