import { expect, test } from 'vitest'
import { Account } from '../src/accounting/account.js'

const MAYBE = { ambiguous: true, hasToken: true }

test('rows sent again may be there twice where the table turns out to take no notice of tokens', () => {
  const account = new Account()
  account.deliver(10, MAYBE)
  account.deliver(5, { ambiguous: false, hasToken: true })
  expect(account.possibleDuplicates).toBe(0)
  account.learn('ineffective')
  expect(account.possibleDuplicates).toBe(10)
  account.deliver(3, MAYBE)
  expect(account.possibleDuplicates).toBe(13)
})

test('rows sent again are there once where the table heeds tokens, unless they had none', () => {
  const account = new Account()
  account.deliver(10, MAYBE)
  account.learn('effective')
  account.deliver(10, MAYBE)
  expect(account.possibleDuplicates).toBe(0)
  account.deliver(2, { ambiguous: true, hasToken: false })
  expect(account.possibleDuplicates).toBe(2)
})
