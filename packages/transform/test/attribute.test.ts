import { expect, test } from 'vitest'
import { textOf } from '../src/values/text.js'
import { newEncoding } from '../src/writing/encoding.js'
import { hostileValues } from './spans.js'

const hostile = hostileValues()

test.each<[string, unknown, string | undefined]>([
  ['a string', 'a "b"', 'a "b"'],
  ['true', true, 'true'],
  ['an integer', 42, '42'],
  ['a float', 1.5, '1.5'],
  ['-0', -0, '-0'],
  ['1e21', 1e21, '1e+21'],
  ['NaN', Number.NaN, 'NaN'],
  ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['a bigint', 2n ** 64n, '18446744073709551616'],
  ['null', null, ''],
  ['bytes', new Uint8Array([104, 105, 255]), 'aGn/'],
  ['a Buffer', Buffer.from('hi'), 'aGk='],
  ['an ArrayBuffer', new Uint8Array([104, 105]).buffer, 'aGk='],
  ['an array', ['a', 1, true, null, 2n], '["a",1,true,null,2]'],
  [
    'numbers that are none, inside',
    [Number.NaN, { a: Number.POSITIVE_INFINITY }],
    '["NaN",{"a":"Infinity"}]',
  ],
  ['bytes inside', [new Uint8Array([104, 105])], '["aGk="]'],
  ['a map', { b: 'x', a: { c: [] } }, '{"a":{"c":[]},"b":"x"}'],
  [
    'a map whose keys are one text',
    new Map<unknown, unknown>([
      [1, 'a'],
      ['1', 'b'],
    ]),
    '{"1":"b"}',
  ],
  ['what JSON leaves out', { a: undefined, b: () => 1, c: [undefined] }, '{"c":[null]}'],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a URL', new URL('http://a/b'), 'http://a/b'],
  ['a Map', hostile['map'], '{"k":1,"{\\"key\\":1}":[1,"a"]}'],
  ['floats', hostile['floats'], '[1.5,"NaN"]'],
  ['a sparse array', hostile['sparse'], '[1,null,3]'],
  ['a class instance', hostile['classInstance'], '{"items":["a"]}'],
  ['a cycle', hostile['circular'], '{"a":1,"self":"[Circular]"}'],
  ['a getter that throws', hostile['throwingGetter'], '{"fine":1}'],
  ['a symbol', Symbol('s'), undefined],
  ['a function', () => 1, undefined],
  ['undefined', undefined, undefined],
])('%s', (_name, value, text) => {
  expect(textOf(value, newEncoding())).toBe(text)
})

test.each(['invalidDate', 'throwingToJson', 'proxy', 'proxyArray'])(
  '%s inside an array is null',
  (name) => {
    expect(textOf([hostile[name]], newEncoding())).toBe('[null]')
  },
)

test('what is shared but no cycle is written each time', () => {
  const shared = { a: 1 }
  expect(textOf([shared, shared], newEncoding())).toBe('[{"a":1},{"a":1}]')
})

test('depth ends at 64, with a mark that is counted', () => {
  const encoding = newEncoding()
  const text = textOf(hostile['deep'], encoding) ?? ''
  expect(text).toContain('"…"')
  expect(text.length).toBeLessThan(1000)
  expect(encoding.tally.truncatedValues).toBe(1)
})

test('a megabyte of bytes is base64', () => {
  const bytes = new Uint8Array(1024 * 1024).map((_, index) => index * 7)
  expect(textOf(bytes, newEncoding())).toBe(Buffer.from(bytes).toString('base64'))
})
