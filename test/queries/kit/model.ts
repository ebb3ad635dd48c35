import type { SpanLike } from '@spanhouse/transform'
import fc from 'fast-check'

/** A span as a test sees it, independent of any table. Times are microseconds, so that every table has room for them. */
export interface ModelSpan {
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly service: string
  readonly name: string
  readonly kind: string
  readonly startUs: number
  readonly durationNs: number
  readonly status: 'ok' | 'error' | 'unset'
  readonly message: string
  readonly attributes: Readonly<Record<string, string>>
  /** Besides the service's name. */
  readonly resource: Readonly<Record<string, string>>
}

const TOGETHER_US = [0, 600e6]
const KINDS = ['internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']

export function toSpan(span: ModelSpan): SpanLike {
  const { traceId, spanId, parentSpanId, startUs, durationNs, status, message } = span
  const at = (ns: bigint) => [Number(ns / 1_000_000_000n), Number(ns % 1_000_000_000n)] as const
  const start = BigInt(startUs) * 1000n
  return {
    name: span.name,
    kind: KINDS.indexOf(span.kind),
    spanContext: () => ({ traceId, spanId }),
    ...(parentSpanId !== '' && { parentSpanContext: { traceId, spanId: parentSpanId } }),
    startTime: at(start),
    endTime: at(start + BigInt(durationNs)),
    status: { code: STATUSES.indexOf(status), message },
    attributes: span.attributes,
    events: [],
    links: [],
    resource: { attributes: { 'service.name': span.service, ...span.resource } },
    instrumentationScope: { name: 'test', version: '1.0.0' },
  }
}

/** Just before midnight: the spans are in two partitions. */
export const BASE_US = Date.UTC(2026, 10, 27, 23, 50) * 1000
export const SPREAD_US = 20 * 60e6

// Few words, so that searches find something; and whatever might end a text, a parameter or a statement too early.
export const WORDS: readonly string[] = [
  'GET /users',
  "it's",
  '"quoted"',
  'back\\slash \\n \\',
  '{limit:UInt64}',
  '{{x}} `tick` $1 ?',
  'nul\0nul',
  'new\nline\ttab\r',
  '🎉 Ärger ÉTÉ',
  "'; DROP TABLE x --",
  '100%_',
  'long '.repeat(2000),
  'abcd1234',
]
const SERVICES = ['shop', 'payment', 'Stock ‘é’', "o'brien"]
const KEYS = ['http.route', 'user id', "k'ey\\", 'db.system', 'db.namespace', 'server.address']

const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits })
const word = fc.constantFrom(...WORDS)
const map = (keys: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...keys), fc.oneof(word, fc.constant('')), {
    maxKeys: 3,
    noNullPrototype: true,
  })

/** Spans of one trace: a root, mostly, and spans whose parents are earlier spans, or missing. */
const trace: fc.Arbitrary<ModelSpan[]> = fc
  .tuple(
    hex(32),
    fc.array(
      fc.record({
        spanId: hex(16),
        parent: fc.oneof({ weight: 9, arbitrary: fc.nat() }, { weight: 1, arbitrary: hex(16) }),
        service: fc.constantFrom(...SERVICES),
        name: word,
        kind: fc.constantFrom(...KINDS),
        // Some begin together, as spans do whose clock counts milliseconds.
        startUs: fc.oneof(
          { weight: 2, arbitrary: fc.integer({ min: 0, max: SPREAD_US }) },
          { weight: 1, arbitrary: fc.constantFrom(...TOGETHER_US) },
        ),
        durationNs: fc.oneof(fc.integer({ min: 0, max: 3e9 }), fc.constantFrom(0, 1000, 1e6)),
        status: fc.constantFrom('unset' as const, 'ok' as const, 'error' as const),
        message: fc.oneof(fc.constant(''), word),
        attributes: map(KEYS),
        resource: map(['deployment.environment.name', 'host.name', "k'ey\\"]),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  )
  .map(([traceId, drafts]) =>
    drafts.map(({ parent, startUs, ...rest }, index) => ({
      ...rest,
      traceId,
      startUs: BASE_US + startUs,
      parentSpanId:
        typeof parent === 'string'
          ? parent
          : index === 0
            ? ''
            : (drafts[parent % index]?.spanId ?? ''),
    })),
  )

/** So many traces, the same for the same seed. */
export function modelSpans(seed: number, traces: number): ModelSpan[] {
  const all = fc.sample(trace, { seed, numRuns: traces }).flat()
  // fast-check likes to repeat itself.
  const ids = new Set<string>()
  return all.filter(({ spanId }) => !ids.has(spanId) && ids.add(spanId))
}
