import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { otlpBytes } from '../../../test/kit/otlp-bytes.js'
import { expectSameAsJson, referenceJson, signals } from './wire.js'

const choices = fc.uint8Array({ maxLength: 3000, minLength: 0, size: 'max' })

describe.each(signals)('$name of OTLP/protobuf', (signal) => {
  test('are what the reference decoder reads, in every form that protobuf allows', () => {
    let records = 0
    fc.assert(
      fc.property(choices, (given) => {
        const bytes = otlpBytes(signal.request, given)
        expectSameAsJson(signal, bytes, referenceJson(signal.request, bytes))
        records += signal.fromProtobuf(bytes).length
      }),
      { numRuns: 150 },
    )
    expect(records).toBeGreaterThan(100)
  })
})
