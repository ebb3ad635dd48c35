import { change } from '../shell/address.js'

/** No chart is finer than this. */
const SHORTEST_US = 10_000

/** Goes to a part of the range, as one step of the back button. */
export function zoomTo(fromUs: number, toUs: number, q: string): void {
  const from = Math.floor(fromUs)
  const to = Math.max(Math.ceil(toUs), from + SHORTEST_US)
  change({ q, range: undefined, from, to })
}
