import { buildTrace, compareTraces, parseSearch } from '@spanhouse/queries'
import { expect, test } from 'vitest'
import { changeText, comparedRows, differs, signed } from '../../src/compare/rows.js'
import { rememberedIn } from '../../src/trace/compare-first.js'
import { spanSql } from '../../src/trace/copies.js'
import { attributeSearch, operationSearch } from '../../src/trace/search-link.js'
import { stackLines } from '../../src/trace/stack.js'
import { valueText } from '../../src/trace/value-text.js'
import { span } from './spans.js'

const comparison = compareTraces(
  buildTrace([
    span('root', '', [0, 100]),
    span('same', 'root', [0, 40]),
    span('deep', 'same', [0, 30]),
    span('only a', 'root', [40, 50]),
    span('steady', 'root', [50, 60]),
  ]),
  buildTrace([
    span('root', '', [0, 101]),
    span('same', 'root', [0, 41]),
    span('deep', 'same', [0, 80]),
    span('steady', 'root', [50, 60]),
  ]),
)
const names = (shown: Parameters<typeof comparedRows>[1]) =>
  comparedRows(comparison, shown).map(({ name }) => name)

test('operations stand in the order of the tree, or the largest difference first', () => {
  expect(names({ order: 'tree', onlyDifferent: false })).toEqual([
    'root',
    'same',
    'deep',
    'only a',
    'steady',
  ])
  expect(names({ order: 'difference', onlyDifferent: true })).toEqual(['deep', 'only a'])
})

test('what leads to a difference stays in the tree', () => {
  expect(names({ order: 'tree', onlyDifferent: true })).toEqual(['root', 'same', 'deep', 'only a'])
  expect(comparison.operations.filter(differs).map(({ name }) => name)).toEqual(['deep', 'only a'])
})

test('changes are said in percent, and large ones as a factor', () => {
  expect(changeText(100, 140)).toBe('+40%')
  expect(changeText(100, 60)).toBe('−40%')
  expect(changeText(100, 320)).toBe('×3.2')
  expect(changeText(100, 100)).toBe('±0%')
  expect(changeText(0, 100)).toBe('')
  expect([signed('1 ms', 1e6), signed('1 ms', -1e6), signed('0 ns', 0)]).toEqual([
    '+1 ms',
    '−1 ms',
    '±0',
  ])
})

test('only what was remembered is remembered', () => {
  const trace = { id: 'a', service: 's', name: 'n', durationNs: 5 }
  expect(rememberedIn(JSON.stringify(trace))).toEqual(trace)
  for (const text of [null, '', '{', '{"id":5}', 'null', '[]'])
    expect(rememberedIn(text)).toBeUndefined()
})

test('a search for a value is quoted, and left out if it is too long', () => {
  expect(attributeSearch('http.route', '/users')).toBe('http.route=/users')
  for (const [key, value] of [
    ['user', 'a "b" \\c'],
    ['a:b = c', 'x y'],
    ['service', 'shop'],
    ['status', 'error'],
  ] as const)
    expect(parseSearch(attributeSearch(key, value) ?? '').search.attributes).toEqual([
      { key, op: '=', value },
    ])
  expect(attributeSearch('key', 'x'.repeat(501))).toBeUndefined()
  expect(attributeSearch('key', '')).toBeUndefined()
  expect(operationSearch('shop', 'GET /users/:id')).toBe('service:shop name:"GET /users/:id"')
})

test('the SQL of a span names its id only if that is a number', () => {
  expect(spanSql('00f067aa0ba902b7', 'SELECT 1')).toBe(
    "SELECT *\nFROM\n(\nSELECT 1\n)\nWHERE span_id = '00f067aa0ba902b7'",
  )
  expect(spanSql("' OR 1 --", 'SELECT 1')).toBe('SELECT 1')
})

test('frames of libraries are told from those of the application', () => {
  const stack = 'Error: x\n    at own (/srv/a.js:1:1)\n    at lib (/srv/node_modules/b.js:1:1)'
  expect(stackLines(stack).map(({ isForeign }) => isForeign)).toEqual([false, false, true])
  expect(stackLines('a\u001b[31mred\u202e')[0]?.text).toBe('ared\\u202e')
})

test('long values are cut, and JSON is indented', () => {
  expect(valueText('x'.repeat(5000), false)).toEqual({ text: 'x'.repeat(1200), isCut: true })
  expect(valueText('x'.repeat(5000), true).text).toHaveLength(5000)
  expect(valueText('{"a":1}', false).text).toBe('{"a":1}')
  const json = JSON.stringify({ key: 'x'.repeat(60), list: [1, 2] })
  expect(valueText(json, false).text).toContain('\n  "list"')
  expect(valueText('{"a":', false).text).toBe('{"a":')
})
