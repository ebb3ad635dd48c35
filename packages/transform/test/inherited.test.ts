import { expect, test } from 'vitest'
import { flatTraces } from '../src/index.js'
import { makeSpan } from './spans.js'

const bare = Object.assign(Object.create(null), { inherited: 1 })

test.each([
  ['an object', { inherited: 1 }],
  ['an object without a prototype', bare],
  ['an object behind another', Object.create(bare)],
])('what attributes inherit of %s is not written', (_, prototype) => {
  const attributes = Object.assign(Object.create(prototype), { own: 2 })
  const row = flatTraces.toRow(makeSpan({ attributes, events: [], links: [] }))
  expect(row['attributes']).toEqual({ own: '2' })
})
