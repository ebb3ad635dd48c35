import fc from 'fast-check'
import { expect, test } from 'vitest'
import { flatTraces, newTally, otelTraces, type SpanLike, spansFromOtlpJson } from '../src/index.js'

const PLACES = ['trace_id', 'span_id', 'parent_span_id', 'links.trace_id', 'links.span_id']

/** The ids of the row of a span that has these, and how many of them were counted. */
function idsOf(traceId: unknown, spanId: unknown, table = flatTraces) {
  const link = { traceId, spanId }
  const json = {
    traceId,
    spanId,
    parentSpanId: spanId,
    startTimeUnixNano: '1',
    endTimeUnixNano: '1',
  }
  const [span] = spansFromOtlpJson({
    resourceSpans: [{ scopeSpans: [{ spans: [{ ...json, links: [link] }] }] }],
  })
  const tally = newTally()
  const row: Record<string, unknown> = table.toRow(span as SpanLike, tally)
  const { invalidIds, ...others } = tally
  expect({ ...others, invalidIds: 0 }).toEqual(newTally())
  return { ids: PLACES.map((name) => [row[name]].flat()[0]), invalidIds }
}

const idsAs = (trace: string, span: string) => [trace, span, span, trace, span]

const FORMS: Record<string, (bytes: Buffer) => string> = {
  hex: (bytes) => bytes.toString('hex'),
  'upper-case hex': (bytes) => bytes.toString('hex').toUpperCase(),
  base64: (bytes) => bytes.toString('base64'),
  'base64 without padding': (bytes) => bytes.toString('base64').replace(/=/g, ''),
  'URL-safe base64': (bytes) => bytes.toString('base64').replace(/\+/g, '-').replace(/\//g, '_'),
  'URL-safe base64 without padding': (bytes) => bytes.toString('base64url'),
}

const bytesOf = (length: number) =>
  fc
    .oneof(
      fc.uint8Array({ minLength: length, maxLength: length }),
      fc.constantFrom(0x00, 0xff, 0xfb).map((byte) => new Uint8Array(length).fill(byte)),
    )
    .map((bytes) => Buffer.from(bytes))

test.each(Object.entries(FORMS))('an id in %s is lower-case hex wherever it stands', (_, form) => {
  fc.assert(
    fc.property(bytesOf(16), bytesOf(8), (trace, span) => {
      const hex = (bytes: Buffer) =>
        bytes.every((byte) => byte === 0) ? '' : bytes.toString('hex')
      expect(idsOf(form(trace), form(span))).toEqual({
        ids: idsAs(hex(trace), hex(span)),
        invalidIds: 0,
      })
    }),
  )
})

test('an id that is neither hex nor base64 of an id stays as it is, and is counted', () => {
  const alphabet = fc.constantFrom(...'aAfFgGzZ09+/-_= \n"ü😀')
  const text = fc.oneof(fc.string({ unit: alphabet, maxLength: 34 }), fc.base64String())
  const isTraceId = /^([0-9a-f]*|[\w+/-]{22}(==)?)$/i
  const isSpanId = /^([0-9a-f]*|[\w+/-]{11}=?)$/i
  fc.assert(
    fc.property(text, text, (trace, span) => {
      fc.pre(!isTraceId.test(trace) && !isSpanId.test(span))
      expect(idsOf(trace, span)).toEqual({ ids: idsAs(trace, span), invalidIds: 5 })
    }),
  )
})

test.each([
  ['a name with as many characters as base64 has', 'this-is-not-an-id-at-a', 'hello-world'],
  [
    'base64 of an id of the other kind',
    Buffer.alloc(8, 1).toString('base64'),
    Buffer.alloc(16, 1).toString('base64'),
  ],
  [
    'base64 of a byte too few',
    Buffer.alloc(15, 1).toString('base64'),
    Buffer.alloc(7, 1).toString('base64'),
  ],
  ['base64 with a space in it', 'AQEBAQEB AQEBAQEBAQEBAQ==', 'AQEBAQEB AQE='],
  ['base64 whose padding is wrong', 'AQEBAQEBAQEBAQEBAQEBAQ=', 'AQEBAQEBAQE=='],
  ['base64 with bits that mean nothing', 'AQEBAQEBAQEBAQEBAQEBAR==', 'AQEBAQEBAQF='],
  ['a UUID', '0AF76519-16cd-43dd-8448-eb211c80319c', '0AF76519-16cd-43dd'],
  ['capitals', 'Order-1', 'Step-G'],
])('%s is no id, and no letter of it changes', (_, trace, span) => {
  expect(idsOf(trace, span)).toEqual({ ids: idsAs(trace, span), invalidIds: 5 })
})

test('hex of any other length is hex: those who write ids by hand write short ones', () => {
  expect(idsOf('ABC123', 'Def456')).toEqual({ ids: idsAs('abc123', 'def456'), invalidIds: 0 })
})

test('an id of a wrong type is as if absent', () => {
  expect(idsOf(7, { a: 1 })).toEqual({ ids: idsAs('', ''), invalidIds: 0 })
})

test('a span of an SDK with ids that are not hex keeps them, and they are counted', () => {
  const context = { traceId: 'Trace-Z', spanId: 'Span-Z' }
  const [base] = spansFromOtlpJson({ traceId: 'aa', links: [{}] })
  const span = { ...base, spanContext: () => context, parentSpanContext: context } as SpanLike
  const tally = newTally()
  expect(otelTraces.toRow(span, tally)).toMatchObject({
    TraceId: 'Trace-Z',
    SpanId: 'Span-Z',
    ParentSpanId: 'Span-Z',
  })
  expect(tally.invalidIds).toBe(3)
})
