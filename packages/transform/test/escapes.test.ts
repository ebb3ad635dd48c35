import { expect, test } from 'vitest'
import { flatTraces } from '../src/index.js'
import { makeSpan } from './spans.js'

test('a text that is nothing but escapes is written whole, however long', () => {
  // Past the end of the memory that a row begins with: each character takes six bytes.
  for (let length = 40; length < 20_000; length = Math.ceil(length * 1.3)) {
    const name = '\u0001'.repeat(length)
    expect(flatTraces.toRow(makeSpan({ name, attributes: { name } }))).toMatchObject({
      span_name: name,
      attributes: { name },
    })
  }
})
