// The spans that all three services of the demo recorded (under the storefront's resource), again and again: each time later, with
// fresh ids, and with other digits in the values that differ from request to request.
import { readFileSync } from 'node:fs'
import { ids, seededRandom, spanFactory } from './span-factory.mjs'

const DIFFERING = ['url.path', 'url.full', 'user.id', 'cart.id']

export function shopSpans(count) {
  const { resource, scopes, spans } = JSON.parse(
    readFileSync(new URL('shop-spans.json', import.meta.url), 'utf8'),
  )
  const random = seededRandom()
  const otherDigits = (text) => text.replace(/\d+$/, () => String((random() * 1e5) | 0))
  const makeSpan = spanFactory(resource)
  const recordingNs = spans.at(-1).endNs
  let traceIds
  let spanIds
  let beginNs = -recordingNs
  return Array.from({ length: count }, (_, n) => {
    const recorded = spans[n % spans.length]
    if (n % spans.length === 0) {
      traceIds = numbered(ids.generateTraceId)
      spanIds = numbered(ids.generateSpanId)
      beginNs += recordingNs
    }
    const at = (ns) => [1_790_000_000 + Math.floor((beginNs + ns) / 1e9), (beginNs + ns) % 1e9]
    const attributes = { ...recorded.attributes }
    for (const key of DIFFERING) if (attributes[key]) attributes[key] = otherDigits(attributes[key])
    return makeSpan({
      traceId: traceIds(recorded.trace),
      spanId: spanIds(recorded.id),
      parentSpanId: recorded.parent === undefined ? undefined : spanIds(recorded.parent),
      scope: scopes[recorded.scope],
      name: recorded.name,
      kind: recorded.kind,
      status: recorded.status,
      startTime: at(recorded.startNs),
      endTime: at(recorded.endNs),
      attributes,
      events: recorded.events.map(({ name, atNs, attributes }) => ({
        name,
        attributes,
        time: at(atNs),
      })),
    })
  })
}

/** The n-th id is made when it is first asked for. */
function numbered(generate) {
  const made = []
  return (n) => (made[n] ??= generate())
}
