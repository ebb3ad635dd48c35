import fc from 'fast-check'
import type { MetricPointLike } from '../src/index.js'
import { anyId, anyTime, anyUnits, hostileAttributes, hostileValue, or } from './arbitraries.js'

const double = or(fc.double())
const count = or(
  fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n }), fc.constantFrom(-1, 1.5, '7')),
)
const list = (item: fc.Arbitrary<unknown>) => or(fc.array(item, { maxLength: 4 }))
const some = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: [] })

const buckets = some({ offset: or(fc.integer()), bucketCounts: list(count) })
const types = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary']

const fields = some({
  metric: or(
    some({
      name: or(anyUnits),
      description: or(anyUnits),
      unit: or(anyUnits),
      type: or(fc.constantFrom(...types)),
      temporality: or(fc.integer({ min: -1, max: 3 })),
      isMonotonic: or(fc.boolean()),
    }),
  ),
  startTime: anyTime,
  time: anyTime,
  attributes: or(hostileAttributes),
  flags: or(fc.nat()),
  value: or(fc.oneof(fc.double(), fc.bigInt())),
  count,
  sum: double,
  min: double,
  max: double,
  bounds: list(double),
  bucketCounts: list(count),
  scale: or(fc.integer()),
  zeroCount: count,
  positive: or(buckets),
  negative: or(buckets),
  quantiles: list(or(some({ quantile: double, value: double }))),
  exemplars: list(
    or(
      some({
        time: anyTime,
        value: double,
        traceId: anyId,
        spanId: anyId,
        attributes: or(hostileAttributes),
      }),
    ),
  ),
  resource: or(
    some({
      attributes: or(hostileAttributes),
      asyncAttributesPending: fc.boolean(),
      schemaUrl: or(anyUnits),
    }),
  ),
  instrumentationScope: or(
    some({
      name: or(anyUnits),
      version: or(anyUnits),
      schemaUrl: or(anyUnits),
      attributes: or(hostileAttributes),
      droppedAttributesCount: count,
    }),
  ),
})

/** Records of which, now and then, one of these fields throws when read. */
export function throwing<Input>(
  records: fc.Arbitrary<object>,
  ...names: string[]
): fc.Arbitrary<Input> {
  return fc.tuple(records, fc.option(fc.constantFrom(...names))).map(([record, name]) => {
    if (name === null) return record as Input
    const get = (): never => {
      throw new Error(name)
    }
    return Object.defineProperty(record, name, { get, enumerable: true }) as Input
  })
}

/** Data points of any kind of brokenness; now and then a field throws when read. */
export const hostilePoint: fc.Arbitrary<MetricPointLike> = throwing(
  fields,
  'metric',
  'time',
  'attributes',
  'bounds',
  'resource',
)

export const hostilePointInput: fc.Arbitrary<MetricPointLike> = fc.oneof(
  { arbitrary: hostilePoint, weight: 9 },
  hostileValue as fc.Arbitrary<MetricPointLike>,
)
