import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import { routeAlike } from '../routing/same-route.js'
import { type Group, Lane, type RowLimits } from './lane.js'
import type { Surroundings } from './lane-router.js'

/**
 * Destinations share a lane if they agree on tables, batch limits, compression, `asyncInsert` and routing. Tables are compared by identity.
 * Destinations that get nothing for the same reason share one too.
 * `destinations`: one for each configuration, in the same order.
 */
export function lanesOf<Input>(
  configs: readonly DestinationConfig<Input>[],
  destinations: readonly Destination[],
  rowLimits: RowLimits,
  surroundings: Surroundings<Input>,
): Lane<Input>[] {
  const groups: (Group<Input> & { readonly destinations: Destination[] })[] = []
  for (const [index, destination] of destinations.entries()) {
    const config = configs[index] as DestinationConfig<Input>
    const group = groups.find((one) => agree(one.config, config))
    if (group) group.destinations.push(destination)
    else groups.push({ name: nameOf(config, groups.length), config, destinations: [destination] })
  }
  return groups.map((one) => new Lane(one, rowLimits, surroundings))
}

/**
 * Not its number: a destination that is added or removed beside others should not change what their batches are called. The first has none,
 * as when there is no other.
 */
function nameOf(first: DestinationConfig<never>, index: number): string | undefined {
  return index === 0 ? undefined : first.name
}

function agree(a: DestinationConfig, b: DestinationConfig): boolean {
  if (a.stopped !== undefined || b.stopped !== undefined) return a.stopped === b.stopped
  const shared = ({ batch, compression, asyncInsert }: DestinationConfig) =>
    JSON.stringify([batch, compression, asyncInsert])
  const hasTablesOf = (other: DestinationConfig) =>
    a.targets.every(({ schema }, index) => schema === other.targets[index]?.schema)
  return (
    a.targets.length === b.targets.length &&
    hasTablesOf(b) &&
    shared(a) === shared(b) &&
    routeAlike(a.route, b.route)
  )
}
