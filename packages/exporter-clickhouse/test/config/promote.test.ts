import { defineTable, extendTable, flatTraces, type SpanLike } from '@spanhouse/transform'
import { ownIdsOf } from '@spanhouse/transform/internal'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'
import { env, envWithFile, errorOf, only, P, parse } from './config-kit.js'

const USER = { attribute: 'enduser.id', column: 'user_id', type: 'UInt64' }

function schemaOf(options: unknown, variables: Record<string, string> = {}) {
  return only(options, variables).targets[0].schema
}

function typesOf(options: unknown, variables: Record<string, string> = {}) {
  const added = schemaOf(options, variables).columns.slice(flatTraces.columns.length)
  return Object.fromEntries(added.map(({ name, type }) => [name, type]))
}

describe('promoted attributes have columns of their own', () => {
  const expected = { http_route: 'String', user_id: 'UInt64' }

  test('from code', () => {
    expect(typesOf({ promote: ['http.route', USER] })).toEqual(expected)
  })

  test('from a file', () => {
    expect(typesOf({}, envWithFile({ promote: ['http.route', USER] }))).toEqual(expected)
  })

  test('from a variable', () => {
    expect(typesOf({}, env({ PROMOTE: JSON.stringify(['http.route', USER]) }))).toEqual(expected)
  })

  test.each([
    ['a variable', {}, env({ PROMOTE: 'http.route, enduser.id' })],
    [
      'a variable of the signal',
      {},
      env({ PROMOTE: 'x', TRACES_PROMOTE: 'http.route,enduser.id' }),
    ],
    ['a URL', { endpoint: 'http://h?promote=http.route,enduser.id' }, {}],
    ['JSON in a variable', {}, env({ PROMOTE: ' ["http.route", {"attribute": "enduser.id"}]' })],
    [
      'JSON in a URL',
      { endpoint: `http://h?promote=${encodeURIComponent('["http.route","enduser.id"]')}` },
      {},
    ],
    [
      'the group of the signal',
      { promote: ['x'], traces: { promote: ['http.route', 'enduser.id'] } },
      {},
    ],
  ])('from %s', (_where, options, variables) => {
    expect(typesOf(options, variables)).toEqual({ http_route: 'String', enduser_id: 'String' })
  })

  test('in one destination alone', () => {
    const destinations = [{ name: 'b', endpoint: 'http://b', promote: ['b'] }]
    const [first, second] = parse({ endpoint: 'http://a', destinations }).destinations
    expect(first?.targets[0].schema).toBe(flatTraces)
    expect(second?.targets[0].schema.insertColumns.at(-1)).toBe('b')
  })

  test.each([
    ['code', { promote: [] }, () => ({})],
    ['a file', {}, () => envWithFile({ destinations: [{ name: 'b', promote: [] }] })],
    ['a variable', {}, () => env({ B_PROMOTE: '[]' })],
    ['its URL', { endpoint: 'http://b?promote=[]' }, () => ({})],
    ['the group of its signal', { traces: { promote: [] } }, () => ({})],
  ])('in one destination not, although it is said for all: in %s', (_where, own, variables) => {
    const destinations = [{ name: 'b', endpoint: 'http://b', ...own }]
    const config = parse({ endpoint: 'http://a', promote: ['a'], destinations }, variables())
    const [first, second] = config.destinations
    expect(first?.targets[0].schema.insertColumns.at(-1)).toBe('a')
    expect(second?.targets[0].schema).toBe(flatTraces)
    expect(config.doubts).toEqual([])
  })

  test('for all five tables of metrics', () => {
    const config = parseConfig('metrics', { schema: 'otel', promote: ['http.route'] }, {})
    const { targets } = config.destinations[0] ?? { targets: [] }
    expect(targets.map(({ schema }) => schema.insertColumns.at(-1))).toEqual(
      Array(5).fill('http_route'),
    )
  })
})

test('with keepPromoted: false they are not in the map', () => {
  const span = { attributes: { 'http.route': '/', other: 1 } } as unknown as SpanLike
  const rows = [{}, { KEEP_PROMOTED: 'false' }].map((variables) =>
    schemaOf({}, env({ PROMOTE: 'http.route', ...variables })).toRow(span as never),
  )
  expect(rows.map(({ attributes }) => attributes)).toEqual([
    { 'http.route': '/', other: '1' },
    { other: '1' },
  ])
})

test('the same options give the same table, for batches that several destinations share and for tokens', () => {
  const options = { promote: ['http.route', USER] }
  expect(schemaOf(options)).toBe(schemaOf(structuredClone(options)))
  expect(schemaOf(options)).not.toBe(schemaOf({ ...options, keepPromoted: false }))
  expect(ownIdsOf(schemaOf(options))).toBeDefined()
})

test('a table of one’s own may have promoted attributes too, if it was made by defineTable', () => {
  const own = extendTable(flatTraces, { omit: ['span_id'] })
  const schema = schemaOf({ schema: own, promote: ['a'] })
  expect(schema.insertColumns).toEqual([...own.insertColumns, 'a'])
  expect(ownIdsOf(schema)).toBeUndefined()
  const copy = { ...own, ddl: () => [] }
  expect(errorOf({ schema: copy, promote: ['a'] }).message).toContain(
    'promote: table traces: only a table from defineTable can be extended (traces)',
  )
})

test.each<[unknown, string]>([
  [
    { promote: ['span_name'] },
    'promote: two columns are named span_name: leave it out, or name its column, { attribute, column } (traces)',
  ],
  [
    { promote: [{ attribute: 'a', type: 'Txt' }], signals: ['traces'] },
    'promote: column a: cannot write a column of type Txt; supported are',
  ],
  [{ promote: 'a' }, 'promote must be a list (received "a")'],
  [
    { promote: [7] },
    'promote.0 must be a text or an object: { attribute, column, type } (received 7)',
  ],
  [{ promote: [''] }, 'promote.0 must not be empty'],
  [{ promote: Array(101).fill('a') }, 'promote: 101 are too many: at most 100 are allowed'],
])('%j is a mistake', (options, message) => {
  expect(errorOf(options).message).toContain(message)
})

test.each<[unknown, string]>([
  [[{ attribute: 'a', colunm: 'b' }], '0.colunm is not an option: did you mean `column`?'],
  [['x', { column: 'a' }], '1.attribute must be a string'],
  [[{ attribute: '' }], '0.attribute must not be empty'],
  [[{ attribute: 'a', type: 7 }], '0.type must be a string'],
  [[7], '0 must be a text or an object: { attribute, column, type }'],
  [[['a']], '0 must be a text or an object: { attribute, column, type }'],
  [{ attribute: 'a' }, 'must be a list'],
])('%j is the same mistake in code, file and variable', (promote, rule) => {
  const words = rule.startsWith('must') ? ` ${rule}` : `.${rule}`
  expect(errorOf({ promote }).message).toContain(`promote${words}`)
  expect(errorOf({}, envWithFile({ promote })).message).toContain(`promote${words}`)
  const inVariable = parse({}, env({ PROMOTE: JSON.stringify(promote) }))
  const shown = rule.startsWith('must') ? ` ${rule}` : `: ${rule}`
  expect(inVariable.doubts.join()).toContain(`${P}PROMOTE${shown}`)
  expect(inVariable.destinations[0]?.targets[0].schema).toBe(flatTraces)
})

test('a variable that is neither names nor JSON says so', () => {
  expect(parse({}, env({ PROMOTE: '[http.route]' })).doubts.join()).toContain(
    `${P}PROMOTE must be names with commas in between, or a list as JSON`,
  )
})

test('a variable that names a column that is taken is ignored, and said so', () => {
  const config = parse({}, env({ PROMOTE: 'span_name' }))
  expect(config.destinations[0]?.targets[0].schema).toBe(flatTraces)
  expect(config.doubts.join()).toContain(
    `${P}PROMOTE cannot be used: promote: two columns are named span_name`,
  )
})

test('a table that is no table of ours stays as it is without promoted attributes', () => {
  const own = defineTable<SpanLike>({
    name: 't',
    orderBy: 'n',
    columns: [{ name: 'n', type: 'String', field: 'name' }],
  })
  expect(schemaOf({ schema: own })).toBe(own)
})

test('a table whose rows have a type is a schema of its signal alone', () => {
  const spans = defineTable({
    signal: 'traces',
    name: 't',
    orderBy: 'n',
    columns: [{ name: 'n', type: 'String', field: 'name' }],
  })
  parseConfig('traces', { schema: spans }, {})
  parseConfig('traces', { schema: extendTable(spans, { promote: ['a'] }) }, {})
  // @ts-expect-error a table of spans
  parseConfig('logs', { schema: spans }, {})
})
