import type { Search } from '../../../packages/queries/src/index.js'
import type { ModelSpan } from '../kit/model.js'

export const isRoot = (span: ModelSpan): boolean => span.parentSpanId === ''
export const isRequest = (span: ModelSpan): boolean =>
  ['server', 'consumer'].includes(span.kind) || isRoot(span)

/** Whether a span fulfils a search, by looking at all of it. */
export function matches(span: ModelSpan, search: Search): boolean {
  const { services, operation, kind, status, minNs, maxNs, attributes = [], text = [] } = search
  const resource: Record<string, string> = { 'service.name': span.service, ...span.resource }
  const places = [span.attributes, resource]
  return (
    isBetween(span.startUs, search.fromUs, search.toUs) &&
    (services === undefined || services.includes(span.service)) &&
    (operation === undefined || span.name === operation) &&
    (kind === undefined || span.kind === kind) &&
    (status === undefined || span.status === status) &&
    (minNs === undefined || span.durationNs >= minNs) &&
    (maxNs === undefined || span.durationNs <= maxNs) &&
    (search.traceId === undefined || span.traceId.startsWith(search.traceId)) &&
    attributes.every(({ key, op, value }) => {
      const values = places.filter((place) => key in place).map((place) => place[key] ?? '')
      if (op === 'exists') return values.length > 0
      if (op === '=') return values.includes(value)
      if (op === '!=') return values.length > 0 && !values.includes(value)
      return values.some((one) => holds(one, value))
    }) &&
    text.every(
      (word) =>
        [span.name, span.message, ...places.flatMap((place) => Object.values(place))].some((one) =>
          holds(one, word),
        ) ||
        (/^[0-9a-f]{4,32}$/i.test(word) && span.traceId.startsWith(word.toLowerCase())),
    )
  )
}

export const holds = (text: string, word: string) => text.toLowerCase().includes(word.toLowerCase())
export const isBetween = (us: number, from = -Infinity, to = Infinity) => us >= from && us < to
