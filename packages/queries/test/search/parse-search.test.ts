import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSearch, type Search, searchText } from '../../src/index.js'

test.each<[text: string, search: Search]>([
  ['', {}],
  ['   ', {}],
  ['service:shop', { services: ['shop'] }],
  ['service:shop service:payment service:shop', { services: ['shop', 'payment'] }],
  ['service:""', { services: [''] }],
  ['name:"GET /users" kind:Server', { operation: 'GET /users', kind: 'server' }],
  ['operation:/users/:id', { operation: '/users/:id' }],
  ['status:ERROR', { status: 'error' }],
  ['duration:>500ms', { minNs: 500e6 }],
  ['duration:>=1.5s', { minNs: 1.5e9 }],
  ['duration>20ms', { minNs: 20e6 }],
  ['Duration<20ms', { maxNs: 20e6 }],
  ['duration>=20ms', { minNs: 20e6 }],
  ['"duration>20ms"', { text: ['duration>20ms'] }],
  ['a->b', { text: ['a->b'] }],
  ['duration:<20', { maxNs: 20e6 }],
  ['duration:100us..2m', { minNs: 100e3, maxNs: 120e9 }],
  ['duration:>1ms duration:<1s', { minNs: 1e6, maxNs: 1e9 }],
  ['trace:4BF92F', { traceId: '4bf92f' }],
  ['has:http.route', { attributes: [{ key: 'http.route', op: 'exists', value: '' }] }],
  ['http.route=/users', { attributes: [{ key: 'http.route', op: '=', value: '/users' }] }],
  ['user.id!=3', { attributes: [{ key: 'user.id', op: '!=', value: '3' }] }],
  ['url.full~shop?a=b', { attributes: [{ key: 'url.full', op: '~', value: 'shop?a=b' }] }],
  ['a=', { attributes: [{ key: 'a', op: '=', value: '' }] }],
  ['"my key"="my \\"value\\""', { attributes: [{ key: 'my key', op: '=', value: 'my "value"' }] }],
  [
    'db.query.text="SELECT 1; -- x"',
    { attributes: [{ key: 'db.query.text', op: '=', value: 'SELECT 1; -- x' }] },
  ],
  ['card declined', { text: ['card', 'declined'] }],
  ['"card declined" GET', { text: ['card declined', 'GET'] }],
  ['http://localhost:3000/a?b=c', { text: ['http://localhost:3000/a?b=c'] }],
  ['Error: timeout', { text: ['Error:', 'timeout'] }],
  ['10:30:00', { text: ['10:30:00'] }],
  ['"service:shop"', { text: ['service:shop'] }],
  ['"service":shop', { text: ['service:shop'] }],
  ['"not closed', { text: ['not closed'] }],
  ['"status"=error', { attributes: [{ key: 'status', op: '=', value: 'error' }] }],
  ['status!=error', { attributes: [{ key: 'status', op: '!=', value: 'error' }] }],
  ['http.status=error', { attributes: [{ key: 'http.status', op: '=', value: 'error' }] }],
  ['=x', { text: ['=x'] }],
  ['it’s 🎉 \u0000', { text: ['it’s', '🎉', '\u0000'] }],
])('%j is read', (text, search) => {
  expect(parseSearch(text)).toEqual({ search, problems: [] })
})

test.each([
  ['status:broken', 'status:broken is no status: choose error, ok or unset.'],
  ['kind:rpc', 'kind:rpc is no kind of span: choose server, client, internal, producer, consumer.'],
  [
    'duration:long',
    'duration:long is no duration: write duration:>500ms, duration:<2s or duration:100ms..2s.',
  ],
  [
    'http.response.status_code>=500',
    'http.response.status_code>=500 compares an attribute, and attributes are texts without an order: write http.response.status_code=…, or use SQL.',
  ],
  [
    'status=error',
    'status=error looks for an attribute of that name: write status:error, or "status"=… for the attribute.',
  ],
  [
    'Service="my shop"',
    'Service="my shop" looks for an attribute of that name: write Service:"my shop", or "Service"=… for the attribute.',
  ],
  ['service:', 'service: has no value.'],
])('%j is left out with a sentence, and the rest is searched', (text, problem) => {
  expect(parseSearch(`${text} payment`)).toEqual({
    search: { text: ['payment'] },
    problems: [problem],
  })
})

test('a search of any size is read in bounded time, and what is too much is left out with a sentence', () => {
  const { search, problems } = parseSearch('word '.repeat(100_000))
  expect(search.text).toHaveLength(50)
  expect(problems).toHaveLength(2)
  expect(parseSearch(`a="${'\\"'.repeat(4000)}`).search.attributes?.[0]?.value).toHaveLength(4000)
})

const words = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.toWellFormed())
// Some are called as the words of the language are.
const keys = fc.oneof(words, fc.constantFrom('status', 'Service', 'name', 'duration', 'has'))
const some = words.filter((text) => text !== '')
const ns = fc.integer({ min: 0, max: 1e15 })
const searches: fc.Arbitrary<Search> = fc
  .record(
    {
      services: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }),
      operation: words,
      kind: fc.constantFrom('server', 'client', 'internal', 'producer', 'consumer'),
      status: fc.constantFrom('ok', 'error', 'unset'),
      minNs: ns,
      maxNs: ns,
      traceId: words.map((text) => text.toLowerCase()),
      attributes: fc.array(
        fc.oneof(
          fc.record({ key: keys, op: fc.constantFrom('=', '!=', '~'), value: words }),
          fc.record({ key: words, op: fc.constant('exists'), value: fc.constant('') }),
        ),
        { minLength: 1, maxLength: 3 },
      ),
      text: fc.array(some, { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  )
  .map((search) => search as Search)

test('every search is read back from its text', () => {
  fc.assert(
    fc.property(searches, (search) => {
      expect(parseSearch(searchText(search))).toEqual({ search, problems: [] })
    }),
  )
})

test('every text has a meaning, and what is read from it is written and read again as the same', () => {
  const texts = fc
    .array(fc.constantFrom(...'":=!~\\ a', 'service', 'duration', '>1ms', '🎉'))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(texts, (text) => {
      const { search } = parseSearch(text)
      expect(parseSearch(searchText(search)).search).toEqual(search)
    }),
    { numRuns: 1000 },
  )
})
