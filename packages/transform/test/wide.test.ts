import { expect, test } from 'vitest'
import { type Column, defineTable, type SpanLike } from '../src/index.js'
import { compactFormOf, compactRowsOf, KeyLists, newEncoding, wholeRow } from '../src/internal.js'
import { makeSpan } from './spans.js'

test('a compact row of more columns than there are letters says what the whole one says', () => {
  const columns = Array.from(
    { length: 60 },
    (_, n): Column<SpanLike> => ({
      name: `column ${n}`,
      type: 'String',
      value: () => `value ${n}`,
    }),
  )
  const table = defineTable<SpanLike>({ name: 'wide', columns, orderBy: 'tuple()' })
  const rows = compactRowsOf(table)
  const span = makeSpan()
  const keyLists = new KeyLists(1000)
  const encoding = newEncoding({ sparse: true, keyLists })
  const constants = rows?.resourceFormOf(span, encoding)
  rows?.write(span, encoding)
  const shape = constants && compactFormOf(constants, keyLists).shape
  expect(shape && JSON.parse(wholeRow(shape, encoding.out.toString()))).toEqual(table.toRow(span))
})
