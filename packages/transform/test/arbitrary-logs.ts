import fc from 'fast-check'
import type { LogRecordLike } from '../src/index.js'
import { anyId, anyTime, anyUnits, hostileAttributes, hostileValue, or } from './arbitraries.js'
import { throwing } from './arbitrary-points.js'

const some = (fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(fields, { requiredKeys: [] })

const fields = some({
  hrTime: anyTime,
  hrTimeObserved: anyTime,
  spanContext: or(some({ traceId: anyId, spanId: anyId, traceFlags: or(fc.integer()) })),
  severityNumber: or(fc.integer({ min: -1, max: 300 })),
  severityText: or(anyUnits),
  body: hostileValue,
  eventName: or(anyUnits),
  attributes: or(hostileAttributes),
  droppedAttributesCount: or(fc.integer()),
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
    }),
  ),
})

/** Log records of any kind of brokenness; now and then a field throws when read. */
export const hostileLog: fc.Arbitrary<LogRecordLike> = throwing(
  fields,
  'hrTime',
  'spanContext',
  'body',
  'attributes',
  'droppedAttributesCount',
  'resource',
)

export const hostileLogInput: fc.Arbitrary<LogRecordLike> = fc.oneof(
  { arbitrary: hostileLog, weight: 9 },
  hostileValue as fc.Arbitrary<LogRecordLike>,
)
