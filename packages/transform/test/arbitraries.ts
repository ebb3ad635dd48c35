import fc from 'fast-check'
import type { SpanLike } from '../src/index.js'
import { hostileValues } from './spans.js'

const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xffff })), {
    maxLength: 12,
  })
  .map((units) => String.fromCharCode(...units))

const key = fc.oneof(
  { arbitrary: anyUnits, weight: 3 },
  fc.constantFrom(
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    'toJSON',
    'otel.dropped_attributes_count',
    'a',
    'b',
  ),
)

const anything = fc.anything({
  key,
  maxDepth: 4,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

const value = fc.oneof(
  { arbitrary: anything, weight: 3 },
  anyUnits,
  fc.double(),
  fc.bigInt(),
  fc.constantFrom(
    ...Object.entries(hostileValues()).flatMap(([name, v]) => (name === 'verySparse' ? [] : [v])),
  ),
)

/** Own properties, `__proto__` among them; some of them throw when read. */
const attributes = fc.array(fc.tuple(key, value, fc.boolean()), { maxLength: 6 }).map((entries) => {
  const object = {}
  for (const [name, given, throws] of entries) {
    const get = (): unknown => {
      if (throws && name.length % 5 === 4) throw new Error('getter')
      return given
    }
    Object.defineProperty(object, name, { get, enumerable: true, configurable: true })
  }
  return object
})

const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(1e9, 1e300, -1e300, 2 ** 53, -1))
const time = fc.oneof(
  {
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 2e9 }), fc.integer({ min: 0, max: 999_999_999 })),
    weight: 3,
  },
  fc.tuple(number, number),
  fc.bigInt(),
  value,
)
const id = fc.oneof(fc.stringMatching(/^[0-9a-fA-F]{0,32}$/), anyUnits, value)
const context = fc.record(
  { traceId: id, spanId: id, traceState: fc.oneof(value, fc.constant({ serialize: () => 'a=b' })) },
  { requiredKeys: [] },
)
const or = <T>(expected: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ arbitrary: expected, weight: 5 }, value)
const count = or(fc.integer({ min: 0, max: 3 }))

const fields = fc.record(
  {
    name: or(anyUnits),
    kind: or(fc.integer({ min: -1, max: 6 })),
    spanContext: or(or(context).map((given) => () => given)),
    parentSpanContext: or(context),
    parentSpanId: id,
    startTime: time,
    endTime: time,
    status: or(
      fc.record(
        { code: or(fc.integer({ min: 0, max: 3 })), message: or(anyUnits) },
        { requiredKeys: [] },
      ),
    ),
    attributes: or(attributes),
    events: or(
      fc.array(
        or(
          fc.record(
            { name: or(anyUnits), time, attributes: or(attributes), droppedAttributesCount: count },
            { requiredKeys: [] },
          ),
        ),
        { maxLength: 4 },
      ),
    ),
    links: or(
      fc.array(
        or(
          fc.record(
            { context: or(context), attributes: or(attributes), droppedAttributesCount: count },
            { requiredKeys: [] },
          ),
        ),
        { maxLength: 4 },
      ),
    ),
    resource: or(
      fc.record(
        { attributes: or(attributes), asyncAttributesPending: fc.boolean() },
        { requiredKeys: [] },
      ),
    ),
    instrumentationScope: or(
      fc.record({ name: or(anyUnits), version: or(anyUnits) }, { requiredKeys: [] }),
    ),
    droppedAttributesCount: count,
    droppedEventsCount: count,
    droppedLinksCount: count,
  },
  { requiredKeys: [] },
)

/** Spans of any kind of brokenness; now and then a field throws when read. */
export const hostileSpan: fc.Arbitrary<SpanLike> = fc
  .tuple(
    fields,
    fc.option(
      fc.constantFrom(
        'name',
        'spanContext',
        'startTime',
        'attributes',
        'events',
        'resource',
        'status',
      ),
    ),
  )
  .map(([span, throwing]) => {
    if (throwing === null) return span as unknown as SpanLike
    const get = (): never => {
      throw new Error(throwing)
    }
    return Object.defineProperty(span, throwing, { get, enumerable: true }) as unknown as SpanLike
  })

export const hostileInput: fc.Arbitrary<SpanLike> = fc.oneof(
  { arbitrary: hostileSpan, weight: 9 },
  value as fc.Arbitrary<SpanLike>,
)

export {
  anyUnits,
  attributes as hostileAttributes,
  id as anyId,
  or,
  time as anyTime,
  value as hostileValue,
}
