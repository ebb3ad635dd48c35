import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'
import { newRouter, type Router, type RouterEnds } from '../routing/router.js'

/** What a lane that routes needs of its pipeline. */
export type Surroundings<Input> = Pick<RouterEnds<Input>, 'keep' | 'whenFree'>

/**
 * The router of a lane. Undefined if no option of routing is given: then every record is encoded as it is. If nothing may be sent, it turns
 * every record away.
 */
export function routerOf<Input>(
  { route, signal, stopped }: DestinationConfig<Input>,
  destinations: readonly Destination[],
  lane: Omit<RouterEnds<Input>, 'leaveOut' | 'report'>,
  turnAway: (reason: 'misconfigured', error: Error) => void,
): Router<Input> | undefined {
  if (stopped !== undefined) {
    const why = new Error(stopped)
    return passingNothing(() => turnAway('misconfigured', why))
  }
  if (!route) return undefined
  const destination = destinations.map(({ config }) => config.name).join(', ')
  return newRouter(
    route,
    { destination, signal },
    {
      ...lane,
      leaveOut() {
        for (const one of destinations) one.leaveOut()
      },
      report: {
        failed() {
          for (const one of destinations) one.hookFailed()
        },
        slow() {
          for (const one of destinations) one.hookWasSlow()
        },
        say: (line) => destinations[0]?.log.hook(line),
      },
    },
  )
}

function passingNothing(add: () => void): Router<unknown> {
  return { add, decide() {}, close() {}, waitingRows: 0, waitingBytes: 0 }
}
