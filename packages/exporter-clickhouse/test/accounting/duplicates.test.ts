import { expect, test } from 'vitest'
import { Duplicates } from '../../src/accounting/duplicates.js'

const MAYBE = { ambiguous: true, hasToken: true }

/** With the rows that it has counted. */
class Counted extends Duplicates {
  possible = 0

  constructor() {
    super((rows) => {
      this.possible += rows
    })
  }
}

test('rows sent again may be there twice where the table turns out to take no notice of tokens', () => {
  const duplicates = new Counted()
  duplicates.deliver(10, MAYBE)
  duplicates.deliver(5, { ambiguous: false, hasToken: true })
  expect(duplicates.possible).toBe(0)
  duplicates.learn('ineffective')
  expect(duplicates.possible).toBe(10)
  duplicates.deliver(3, MAYBE)
  expect(duplicates.possible).toBe(13)
})

test('rows sent again are there once where the table heeds tokens, unless they had none', () => {
  const duplicates = new Counted()
  duplicates.deliver(10, MAYBE)
  duplicates.learn('effective')
  duplicates.deliver(10, MAYBE)
  expect(duplicates.possible).toBe(0)
  duplicates.deliver(2, { ambiguous: true, hasToken: false })
  expect(duplicates.possible).toBe(2)
})

test('what is learnt twice counts once, and what is not known any more stays known', () => {
  const duplicates = new Counted()
  duplicates.deliver(10, MAYBE)
  duplicates.learn('ineffective')
  duplicates.learn('ineffective')
  duplicates.learn('unknown')
  expect(duplicates.possible).toBe(10)
  expect(duplicates.deduplication).toBe('ineffective')
})

const EFFECTIVE = { inserts: 100, ms: 3_600_000 }

test('rows sent again may be there twice if the table has forgotten their token: after its time, or half of its inserts, which other writers use up too', () => {
  const duplicates = new Counted()
  duplicates.learn('effective', EFFECTIVE)
  duplicates.deliver(1, { ...MAYBE, age: { inserts: 49, ms: 3_599_999 } })
  expect(duplicates.possible).toBe(0)
  duplicates.deliver(2, { ...MAYBE, age: { inserts: 50, ms: 0 } })
  expect(duplicates.possible).toBe(2)
  duplicates.deliver(4, { ...MAYBE, age: { inserts: 0, ms: 3_600_000 } })
  expect(duplicates.possible).toBe(6)
  duplicates.deliver(8, { ...MAYBE, ambiguous: false, age: { inserts: 50, ms: 0 } })
  expect(duplicates.possible).toBe(6)
})

test('a table without an end to its memory forgets by inserts alone, or never', () => {
  const duplicates = new Counted()
  const old = { inserts: 1e9, ms: 1e12 }
  duplicates.learn('effective')
  duplicates.deliver(1, { ...MAYBE, age: old })
  expect(duplicates.possible).toBe(0)
  duplicates.learn('effective', { inserts: 10_000, ms: Number.POSITIVE_INFINITY })
  duplicates.deliver(2, { ...MAYBE, age: { inserts: 0, ms: 1e12 } })
  expect(duplicates.possible).toBe(0)
  duplicates.deliver(4, { ...MAYBE, age: old })
  expect(duplicates.possible).toBe(4)
})

test('rows delivered before the table told how long it remembers count when it does, by the oldest of their tokens', () => {
  const young = new Counted()
  young.deliver(1, { ...MAYBE, age: { inserts: 3, ms: 100 } })
  young.learn('effective', EFFECTIVE)
  expect(young.possible).toBe(0)
  const old = new Counted()
  old.deliver(1, { ...MAYBE, age: { inserts: 0, ms: 7_200_000 } })
  old.deliver(2, { ...MAYBE, age: { inserts: 3, ms: 100 } })
  expect(old.possible).toBe(0)
  old.learn('effective', EFFECTIVE)
  expect(old.possible).toBe(3)
  old.learn('effective', EFFECTIVE)
  old.deliver(4, { ...MAYBE, age: { inserts: 3, ms: 100 } })
  expect(old.possible).toBe(3)
})
