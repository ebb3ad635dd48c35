import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { otlpBytes } from '../../../test/kit/otlp-bytes.js'
import {
  flatTraces,
  metricsInOtlpProtobuf,
  spansFromOtlpProtobuf,
  spansInOtlpProtobuf,
  WireError,
} from '../src/index.js'
import { type Signal, signals } from './wire.js'

const field = (number: number, ...parts: (Uint8Array | number[])[]): Buffer => {
  const inside = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([varint(number * 8 + 2), varint(inside.length), inside])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Buffer.from([...bytes, rest])
}

/** A request with these fields in its only span. */
const spanWith = (...parts: (Uint8Array | number[])[]) => field(1, field(2, field(2, ...parts)))

/** The records, or the reason why there are none. */
function outcome(read: () => unknown[]): unknown {
  try {
    return read().length
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return error.reason
  }
}

/** Both ways to read must agree, and rows must come out. */
function expectAnOutcome({ fromProtobuf, inProtobuf, tables }: Signal, bytes: Uint8Array): unknown {
  const whole = outcome(() => {
    const records = fromProtobuf(bytes)
    for (const record of records) for (const table of tables) JSON.parse(table.toLine(record))
    return records
  })
  let given = 0
  const sliced = outcome(() => {
    for (const slice of inProtobuf(bytes)) given += slice.length
    return { length: given } as unknown[]
  })
  expect(sliced).toBe(whole)
  if (typeof whole === 'string') expect(given).toBe(0)
  return whole
}

const choices = fc.uint8Array({ minLength: 20, maxLength: 1500, size: 'max' })
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const mutation = fc.tuple(
  fc.constantFrom('flip', 'cut', 'insert', 'remove', 'repeat'),
  position,
  fc.nat(255),
)

function mutated(bytes: Buffer, [how, where, byte]: [string, number, number]): Buffer {
  const at = Math.floor(where * bytes.length)
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  if (how === 'cut') return head
  if (how === 'insert') return Buffer.concat([head, Buffer.from([byte]), tail])
  if (how === 'remove') return Buffer.concat([head, tail.subarray(1)])
  if (how === 'repeat') return Buffer.concat([head, tail.subarray(0, byte), tail])
  const copy = Buffer.from(bytes)
  if (copy.length > 0) copy[at] = (copy[at] as number) ^ (1 << (byte % 8))
  return copy
}

describe.each(signals)('hostile bytes as $name', (signal) => {
  test('a request that was damaged anywhere is read or refused, in one list as in slices', () => {
    const outcomes = new Set<unknown>()
    fc.assert(
      fc.property(choices, fc.array(mutation, { minLength: 1, maxLength: 3 }), (given, damage) => {
        const bytes = damage.reduce(mutated, otlpBytes(signal.request, given))
        outcomes.add(expectAnOutcome(signal, bytes))
      }),
      { numRuns: 200 },
    )
    expect(outcomes).toContain('malformed')
    expect(outcomes.size).toBeGreaterThan(1) // some are still read
  })

  test('any bytes are read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expectAnOutcome(signal, bytes)
      }),
      { numRuns: 300 },
    )
  })

  test('a request that is cut anywhere between its fields or in them never gives a part of a record', () => {
    const bytes = otlpBytes(
      signal.request,
      Uint8Array.from({ length: 400 }, (_, n) => (n * 37) % 251),
    )
    for (let length = 0; length < bytes.length; length++)
      expectAnOutcome(signal, bytes.subarray(0, length))
  })

  test('an empty request has no records', () => {
    expect(signal.fromProtobuf(new Uint8Array())).toEqual([])
    expect([...signal.inProtobuf(new Uint8Array())]).toEqual([])
  })
})

test.each<[string, Uint8Array | number[], string]>([
  [
    'a text that is cut off',
    spanWith([0x2a, 5, 97]),
    'a length goes beyond the end of its message, at byte 7',
  ],
  [
    'a length of 2 GiB',
    [0x0a, 0xff, 0xff, 0xff, 0xff, 7],
    'a length goes beyond the end of its message, at byte 1',
  ],
  [
    'a length of 2^64 - 1',
    [0x0a, ...Array(9).fill(0xff), 1],
    'a length goes beyond the end of its message, at byte 1',
  ],
  [
    'a number of eleven bytes',
    spanWith([0x30, ...Array(10).fill(0x80), 0]),
    'a number has more than ten bytes, at byte 7',
  ],
  ['a number that is cut off', spanWith([0x30, 0x80]), 'a number is cut off, at byte 7'],
  ['a time that is cut off', spanWith([0x39, 1, 2]), 'a number is cut off, at byte 7'],
  ['a tag without a value', [0x0a], 'a number is cut off, at byte 1'],
  ['field 0', spanWith([0, 0]), 'a field has number 0, at byte 6'],
  [
    'a field beyond 2^29',
    [0x80, 0x80, 0x80, 0x80, 0x10],
    'a field number is beyond 2^29, at byte 0',
  ],
  ['wire type 6', spanWith([0x2e]), 'a field has wire type 6, at byte 7'],
  ['wire type 7', spanWith([0x2f]), 'a field has wire type 7, at byte 7'],
  ['the end of a group that has not begun', spanWith([0x2c]), 'a field has wire type 4, at byte 7'],
  ['a group without an end', spanWith([0x2b, 0x08, 1]), 'a group has no end, at byte 9'],
  ['a group that another one ends', spanWith([0x2b, 0x34]), 'a field has wire type 4, at byte 8'],
  [
    'groups in 101 groups',
    spanWith(Array(101).fill(0x2b)),
    'groups are nested too deep, at byte 107',
  ],
  [
    'a member that ends after its message',
    field(1, [0x12, 2, 0x12, 3]),
    'a length goes beyond the end of its message, at byte 5',
  ],
])('%s is refused, with the byte', (_name, bytes, what) => {
  const given = Uint8Array.from(bytes)
  expect(() => spansFromOtlpProtobuf(given)).toThrow(
    new WireError(what.replace(/, at byte \d+$/, ''), Number(/\d+$/.exec(what)?.[0])),
  )
  expect(() => [...spansInOtlpProtobuf(given)]).toThrow(what)
})

test('a known field of another wire type is skipped as an unknown one, and so is a group', () => {
  const [span] = spansFromOtlpProtobuf(
    spanWith([0x28, 7, 0x32, 1, 0, 0x2b, 0x08, 1, 0x33, 0x34, 0x2c], field(5, [0x61])),
  )
  expect(span).toMatchObject({ name: 'a', kind: -1 })
})

test('invalid UTF-8 becomes U+FFFD as TextDecoder does it, and a byte order mark stays', () => {
  const invalid = [0x61, 0xff, 0xe2, 0x82, 0x62, 0xed, 0xa0, 0x80, 0xf0, 0x9f]
  const [span] = spansFromOtlpProtobuf(spanWith(field(5, invalid), field(3, [0xef, 0xbb, 0xbf])))
  expect(span?.name).toBe(new TextDecoder().decode(Uint8Array.from(invalid)))
  expect(span?.spanContext().traceState?.serialize()).toBe('\ufeff')
})

test('values are read to 64 levels, as of JSON, and what is deeper is not looked at', () => {
  let value: Buffer = Buffer.from([0xff]) // malformed, but nobody reads it
  for (let level = 0; level < 66; level++) value = field(5, field(1, value))
  const bytes = spanWith(field(9, field(1, [0x61]), field(2, value)))
  const [span] = spansFromOtlpProtobuf(bytes)
  expect([...spansInOtlpProtobuf(bytes)].flat()).toHaveLength(1)
  let depth = 0
  let inside = span?.attributes['a']
  for (; Array.isArray(inside); inside = inside[0]) depth++
  expect([depth, inside]).toEqual([65, '…'])
})

test('a nesting of 100,000 levels is no overflow of the stack', () => {
  let length = 0
  const tags: Buffer[] = []
  for (let level = 0; level < 100_000; level++) {
    const tag = Buffer.concat([Buffer.from([level % 2 ? 0x0a : 0x2a]), varint(length)])
    tags.push(tag)
    length += tag.length
  }
  const bytes = spanWith(field(9, field(2, ...tags.reverse())))
  expect(JSON.parse(flatTraces.toLine(spansFromOtlpProtobuf(bytes)[0] as never))).toBeTruthy()
  expect([...spansInOtlpProtobuf(bytes)].flat()).toHaveLength(1)
})

test.each([
  ['spans', field(1, field(2, Buffer.alloc(4000, Buffer.from([0x12, 0]))))],
  ['scopes', field(1, Buffer.alloc(4000, Buffer.from([0x12, 0])))],
  ['resources', Buffer.alloc(4000, Buffer.from([0x0a, 0]))],
  ['parts of a resource', field(1, Buffer.alloc(4000, Buffer.from([0x0a, 0])))],
  ['events', spanWith(Buffer.alloc(4000, Buffer.from([0x5a, 0])))],
  ['links', spanWith(Buffer.alloc(4000, Buffer.from([0x6a, 0])))],
])('more empty %s than maxItems are refused before there is a record', (_name, bytes) => {
  const limit = { maxItems: 1999 }
  const refused = expect.objectContaining({ reason: 'too_many' })
  expect(() => spansFromOtlpProtobuf(bytes, limit)).toThrow(refused)
  expect(() => [...spansInOtlpProtobuf(bytes, limit)]).toThrow(refused)
  spansFromOtlpProtobuf(bytes, { maxItems: 2010 })
})

test('more than 100,000 attributes of a span and its events are refused before it is read', () => {
  const event = field(11, Buffer.alloc(2000, Buffer.from([0x1a, 0])))
  const spans = (events: number) =>
    field(1, field(2, ...Array<Buffer>(3).fill(field(2, ...Array<Buffer>(events).fill(event)))))
  const refused = expect.objectContaining({ reason: 'too_many' })
  expect(() => spansInOtlpProtobuf(spans(101)).next()).toThrow(refused)
  expect(() => spansFromOtlpProtobuf(spans(101))).toThrow(refused)
  expect([...spansInOtlpProtobuf(spans(100))].flat()).toHaveLength(3)
})

test('more than ten million values are refused before they are read', () => {
  const list = field(2, field(5, Buffer.alloc(20_000_000, Buffer.from([0x0a, 0]))))
  const bytes = spanWith(field(9, list))
  const refused = expect.objectContaining({ reason: 'too_many' })
  expect(() => spansInOtlpProtobuf(bytes).next()).toThrow(refused)
})

test('more than ten million bucket counts of a data point are refused before it is read', () => {
  const point = field(8, field(2, Buffer.alloc(10_000_001)))
  const bytes = field(1, field(2, field(2, field(10, field(1, point)))))
  const refused = expect.objectContaining({ reason: 'too_many' })
  expect(() => metricsInOtlpProtobuf(bytes).next()).toThrow(refused)
})

test('nothing of a record is in the memory of the request', () => {
  const bytes = spanWith(
    field(5, Buffer.alloc(2000, 'n')),
    field(9, field(1, [0x6b]), field(2, field(7, [1, 2, 3]))),
  )
  const [span] = spansFromOtlpProtobuf(bytes)
  bytes.fill(0)
  expect(span?.name).toBe('n'.repeat(2000))
  expect(span?.attributes['k']).toEqual(Uint8Array.of(1, 2, 3))
  expect(span?.attributes['k']).toHaveProperty('buffer.byteLength', 3)
})

test('slices of large spans have fewer', () => {
  const span = field(2, field(5, Buffer.alloc(400_000, 'n')))
  const bytes = field(1, field(2, span, span, span, span))
  const lengths = [...spansInOtlpProtobuf(bytes)].map((slice) => slice.length)
  expect(lengths).toEqual([0, 3, 1])
})

test('slices have 1,000 spans, the last one what is left, and empty ones come only while the request is checked', () => {
  const bytes = field(1, field(2, Buffer.alloc(5002, Buffer.from([0x12, 0]))))
  const lengths = [...spansInOtlpProtobuf(bytes)].map((slice) => slice.length)
  expect(lengths).toEqual([0, 0, 1000, 1000, 501])
})

test('a resource and a scope of the same bytes are one object, also in another request', () => {
  const resource = field(
    1,
    field(1, field(1, Buffer.from('service.name')), field(2, field(1, [0x61]))),
  )
  const scope = field(1, field(1, Buffer.from('http')))
  const request = field(1, resource, field(2, scope, field(2), field(2)), field(3, [0x75]))
  const [a, b] = spansFromOtlpProtobuf(request)
  const [c] = spansFromOtlpProtobuf(Buffer.from(request))
  expect(a?.resource).toEqual({
    attributes: expect.objectContaining({ 'service.name': 'a' }),
    schemaUrl: 'u',
  })
  expect(b?.resource).toBe(a?.resource)
  expect(c?.resource).toBe(a?.resource)
  expect(c?.instrumentationScope).toBe(a?.instrumentationScope)
  const [other] = spansFromOtlpProtobuf(field(1, resource, field(2, scope, field(2))))
  expect(other?.resource).not.toBe(a?.resource)
  expect(other?.instrumentationScope).toBe(a?.instrumentationScope)
})

test('a text is never taken for another one whose characters are its bytes', () => {
  const nameOf = (bytes: Uint8Array | number[]) =>
    spansFromOtlpProtobuf(spanWith(field(5, bytes)))[0]?.name
  for (const text of [
    'Ã©',
    'é',
    'Ã©',
    'ab',
    'ba',
    'aXb',
    'aYb',
    'abcd1efgh',
    'abcd2efgh',
    'x'.repeat(128),
    'x'.repeat(129),
  ])
    for (const given of [text, text]) expect(nameOf(Buffer.from(given))).toBe(given)
  expect(nameOf([0xff, 0x61])).toBe('\ufffda')
  expect(nameOf([0xfe, 0x61])).toBe('\ufffda')
})

test('an id is never taken for another one of the same bits', () => {
  for (const id of [
    'b7ad6b7169203331',
    `b7ad6b7169203331${'00'.repeat(8)}`,
    `${'00'.repeat(8)}b7ad6b7169203331`,
    '00'.repeat(8),
    '00'.repeat(16),
    '01',
    'b7ad6b7169203331',
  ])
    expect(
      spansFromOtlpProtobuf(spanWith(field(2, Buffer.from(id, 'hex'))))[0]?.spanContext().spanId,
    ).toBe(id)
})
