import { expect, test } from 'vitest'
import { countDelivered, newWholeRecord, outermost } from '../../src/delivery/whole-record.js'
import type { Stored } from '../../src/spool/stored.js'

/** A batch of which a part was divided too. */
function nested() {
  const whole = newWholeRecord({} as Stored, undefined)
  return { whole, part: newWholeRecord({} as Stored, whole) }
}

test('rows of a part of a part are delivered rows of both records', () => {
  const { whole, part } = nested()
  countDelivered(whole, 1)
  countDelivered(part, 2)
  countDelivered(undefined, 4)
  expect([whole.delivered, part.delivered]).toEqual([3, 2])
})

test('the next process sends the outermost record that is left', () => {
  const { whole, part } = nested()
  expect(outermost(part)).toBe(whole)
  whole.stored = undefined
  expect(outermost(part)).toBe(part)
})
