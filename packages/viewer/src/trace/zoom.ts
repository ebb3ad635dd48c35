/** The part of a trace that the waterfall shows. Nanoseconds from the start of the trace. */
export interface Zoom {
  readonly fromNs: number
  readonly toNs: number
}

/** Nothing is shorter: a span may last no time at all. */
const SHORTEST_NS = 100

/** The whole trace. */
export function wholeTrace(durationNs: number): Zoom {
  return { fromNs: 0, toNs: Math.max(durationNs, SHORTEST_NS) }
}

export function isWhole(zoom: Zoom, durationNs: number): boolean {
  return zoom.fromNs <= 0 && zoom.toNs >= durationNs
}

/** The part between two places of what is shown now, given as shares from 0 to 1 in any order. */
export function zoomBetween(zoom: Zoom, a: number, b: number, durationNs: number): Zoom {
  const lengthNs = zoom.toNs - zoom.fromNs
  const [from, to] = a < b ? [a, b] : [b, a]
  return within(
    { fromNs: zoom.fromNs + from * lengthNs, toNs: zoom.fromNs + to * lengthNs },
    durationNs,
  )
}

/** A span, with a twentieth of its time on either side. */
export function zoomToSpan(startNs: number, endNs: number, durationNs: number): Zoom {
  const margin = Math.max(endNs - startNs, SHORTEST_NS) / 20
  return within({ fromNs: startNs - margin, toNs: endNs + margin }, durationNs)
}

/** Shows `factor` times as much time around a moment, which stays where it is. */
export function zoomAround(zoom: Zoom, atNs: number, factor: number, durationNs: number): Zoom {
  const moment = Math.min(Math.max(atNs, zoom.fromNs), zoom.toNs)
  return within(
    {
      fromNs: moment - (moment - zoom.fromNs) * factor,
      toNs: moment + (zoom.toNs - moment) * factor,
    },
    durationNs,
  )
}

/** Cut at the ends of the trace, and as long as the shortest part. */
function within({ fromNs, toNs }: Zoom, durationNs: number): Zoom {
  const whole = wholeTrace(durationNs)
  const from = Math.min(Math.max(fromNs, 0), whole.toNs)
  const to = Math.max(Math.min(toNs, whole.toNs), from)
  if (to - from >= SHORTEST_NS) return { fromNs: from, toNs: to }
  const start = Math.min(
    Math.max((from + to - SHORTEST_NS) / 2, 0),
    Math.max(whole.toNs - SHORTEST_NS, 0),
  )
  return { fromNs: start, toNs: start + SHORTEST_NS }
}
