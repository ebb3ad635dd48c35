// The spans of a run. They are made before it, so that no figure includes the cost of making them.
import { referenceSpans } from './reference.mjs'
import { shopSpans } from './shop.mjs'

export const shapes = {
  reference: { title: '11 attributes', make: (count) => referenceSpans(count) },
  small: { title: '3 attributes', make: (count) => referenceSpans(count, 3) },
  large: { title: '40 attributes', make: (count) => referenceSpans(count, 40) },
  shop: { title: 'the recorded shop', make: shopSpans },
}

/** Gives `count` spans one by one, then the same ones again, each time round with new trace ids. */
export function openFeed(shape, count) {
  const spans = shapes[shape].make(count)
  const tails = spans.map((span) => span.spanContext().traceId.slice(16))
  let at = 0
  let round = 0
  let head
  return () => {
    if (at === count) {
      at = 0
      head = (++round).toString(16).padStart(16, '0')
    }
    const span = spans[at]
    // Joining two strings costs less than generating an id, and this is inside the measurement.
    if (round > 0) span.spanContext().traceId = head + tails[at]
    at++
    return span
  }
}
