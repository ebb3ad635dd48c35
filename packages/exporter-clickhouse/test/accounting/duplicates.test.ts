import { expect, test } from 'vitest'
import { Duplicates } from '../../src/accounting/duplicates.js'

const MAYBE = { ambiguous: true, hasToken: true }

test('rows sent again may be there twice where the table turns out to take no notice of tokens', () => {
  const duplicates = new Duplicates()
  duplicates.deliver(10, MAYBE)
  duplicates.deliver(5, { ambiguous: false, hasToken: true })
  expect(duplicates.possible).toBe(0)
  duplicates.learn('ineffective')
  expect(duplicates.possible).toBe(10)
  duplicates.deliver(3, MAYBE)
  expect(duplicates.possible).toBe(13)
})

test('rows sent again are there once where the table heeds tokens, unless they had none', () => {
  const duplicates = new Duplicates()
  duplicates.deliver(10, MAYBE)
  duplicates.learn('effective')
  duplicates.deliver(10, MAYBE)
  expect(duplicates.possible).toBe(0)
  duplicates.deliver(2, { ambiguous: true, hasToken: false })
  expect(duplicates.possible).toBe(2)
})

test('what is learnt twice counts once, and what is not known any more stays known', () => {
  const duplicates = new Duplicates()
  duplicates.deliver(10, MAYBE)
  duplicates.learn('ineffective')
  duplicates.learn('ineffective')
  duplicates.learn('unknown')
  expect(duplicates.possible).toBe(10)
  expect(duplicates.deduplication).toBe('ineffective')
})
