import fc from 'fast-check'
import type { Search } from '../../../packages/queries/src/index.js'
import { BASE_US, type ModelSpan, SPREAD_US, WORDS } from './model.js'

/** Searches that find some of these spans: mostly what a span has, sometimes what none has. */
export function searchesOf(spans: readonly ModelSpan[]): fc.Arbitrary<Search> {
  const of = <T>(read: (span: ModelSpan) => T) => fc.constantFrom(...spans).map(read)
  const text = fc.oneof(of(partOf), fc.constantFrom(...WORDS), fc.constant('no such word'))
  const key = fc.oneof(
    fc.constantFrom(...spans.flatMap((span) => Object.keys(span.attributes))),
    fc.constantFrom('host.name', "k'ey\\", 'no such key'),
  )
  const value = fc.oneof(fc.constantFrom(...WORDS), fc.constant(''))
  const whole = fc.record({
    fromUs: fc.integer({ min: BASE_US, max: BASE_US + SPREAD_US }),
    toUs: fc.integer({ min: BASE_US, max: BASE_US + SPREAD_US }),
    services: fc.uniqueArray(
      of(({ service }) => service),
      { minLength: 1, maxLength: 2 },
    ),
    operation: of(({ name }) => name),
    kind: of(({ kind }) => kind),
    status: of(({ status }) => status),
    minNs: of(({ durationNs }) => durationNs),
    maxNs: of(({ durationNs }) => durationNs),
    traceId: fc.oneof(
      of(({ traceId }) => traceId),
      of(({ traceId }) => traceId.slice(0, 2)),
    ),
    attributes: fc.array(fc.record({ key, op: fc.constantFrom('=', '!=', '~', 'exists'), value }), {
      minLength: 1,
      maxLength: 2,
    }),
    text: fc.array(text, { minLength: 1, maxLength: 2 }),
  })
  // With more conditions hardly a span is left.
  return fc
    .tuple(whole, fc.shuffledSubarray([...KEYS], { minLength: 1, maxLength: 3 }))
    .map(([all, chosen]) => Object.fromEntries(chosen.map((name) => [name, all[name]])) as Search)
}

const KEYS = [
  'fromUs',
  'toUs',
  'services',
  'operation',
  'kind',
  'status',
  'minNs',
  'maxNs',
  'traceId',
  'attributes',
  'text',
] as const

/** A piece of something of the span, in another case. */
function partOf({ name, message, attributes, traceId }: ModelSpan): string {
  const all = [name, message, ...Object.values(attributes), traceId.slice(0, 8)]
  const chosen = all.filter((text) => text !== '')[traceId.charCodeAt(0) % 3] ?? name
  const part = chosen.slice(0, 12)
  return traceId.charCodeAt(1) % 2 === 0 ? part.toUpperCase() : part.toLowerCase()
}
