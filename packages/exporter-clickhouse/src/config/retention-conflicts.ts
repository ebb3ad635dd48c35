import { serviceColumn } from '@spanhouse/transform/internal'
import { type Conflict, partsOf, placeOf } from './conflict.js'
import { type GatheredDestination, takes } from './gathered.js'
import { SIGNALS } from './signal.js'
import { targetsOf } from './targets.js'

/** A retention that no table can have: the server would refuse to create it. */
export function retentionConflicts(destination: GatheredDestination): Conflict[] {
  const { name, trees, options } = destination
  const found = SIGNALS.filter((signal) => takes(destination, signal)).flatMap((signal) => {
    const { retention = {} } = options[signal]
    const { moveAfter, moveToVolume, moveToDisk, services = {} } = retention
    const conflict = (text: string, ...names: string[]): Conflict => ({
      text: `${placeOf(name)}retention.${text}`,
      between: names.flatMap((one) => partsOf(trees[signal], `retention.${one}`)),
    })
    const conflicts: Conflict[] = []
    if (moveToVolume !== undefined && moveToDisk !== undefined)
      conflicts.push(
        conflict('moveToVolume and moveToDisk exclude each other', 'moveToVolume', 'moveToDisk'),
      )
    const hasPlace = moveToVolume !== undefined || moveToDisk !== undefined
    if (hasPlace !== (moveAfter !== undefined))
      conflicts.push(
        conflict(
          'moveAfter belongs together with moveToVolume or moveToDisk',
          'moveAfter',
          'moveToVolume',
          'moveToDisk',
        ),
      )
    const tables = Object.keys(services).length === 0 ? [] : targetsOf(options[signal], signal)
    if (tables.some(({ schema }) => serviceColumn(schema.columns ?? []) === undefined))
      conflicts.push(
        conflict(
          `services: the table of ${signal} has no column service_name or ServiceName: write the condition in retention.where`,
          'services',
        ),
      )
    return conflicts
  })
  // What stands beside the groups is found by each signal.
  return found.filter(({ text }, index) => found.findIndex((one) => one.text === text) === index)
}
