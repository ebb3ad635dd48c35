import type { Stats } from '../accounting/stats.js'
import type { Destination } from '../delivery/destination.js'
import type { Lane } from './lane.js'

/** What becomes of the rows of each destination. `arriving`: records that are not encoded yet. */
export function statsOf<Input>(
  destinations: readonly Destination[],
  lanes: readonly Lane<Input>[],
  arriving: number,
): Stats {
  const laneOf = new Map(
    lanes.flatMap((lane) => lane.destinations.map((destination) => [destination, lane] as const)),
  )
  return {
    destinations: Object.fromEntries(
      destinations.map((destination) => {
        const stats = destination.stats()
        const lane = laneOf.get(destination)
        // Rows of the open batch, and rows not encoded yet, are for every destination: accepted, but not in any queue yet.
        const open = (lane?.waitingRows ?? 0) + arriving
        stats.accepted += open
        stats.waiting += open
        stats.waitingBytes += lane?.waitingBytes ?? 0
        stats.altered = lane?.alterations.counts ?? {}
        return [destination.config.name, stats]
      }),
    ),
  }
}
