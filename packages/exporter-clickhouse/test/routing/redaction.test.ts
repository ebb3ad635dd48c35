import { createHmac } from 'node:crypto'
import {
  flatLogs,
  flatMetrics,
  flatTraces,
  otelLogs,
  otelMetricsGauge,
  otelTraces,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LONG } from '../../../../test/kit/patience.js'
import { makeLog } from '../../../transform/test/logs.js'
import { hostileValues, makeSpan } from '../../../transform/test/spans.js'
import type { Signal } from '../../src/config/config.js'
import type { RedactConfig } from '../../src/config/routing-options.js'
import { changeOf } from '../../src/routing/change.js'
import { viewOf } from '../../src/routing/view.js'

const NOTHING: RedactConfig = {
  allow: [],
  deny: [],
  hash: [],
  values: [],
  key: undefined,
  replace: '[redacted]',
}

function redacting(options: Partial<RedactConfig>) {
  const said: string[] = []
  let failures = 0
  const redact = { ...NOTHING, ...options }
  const report = { failed: () => failures++, slow() {}, say: (line: string) => said.push(line) }
  const change = changeOf({ redact, origin: undefined }, 'north', report)
  if (!change) throw new Error('nothing to change')
  const line = (signal: Signal, table: Table<never>, record: object): string =>
    table.toLine(viewOf(record, signal, change) as never)
  return {
    said,
    change,
    failures: () => failures,
    line,
    row: (signal: Signal, table: Table<never>, record: object): Record<string, unknown> =>
      JSON.parse(line(signal, table, record)),
  }
}

const point = (attributes: object, changes: object = {}) => ({
  metric: { name: 'm', type: 'gauge', temporality: 0, isMonotonic: false },
  time: [1729627200, 0],
  value: 4111111111111111,
  attributes,
  resource: { attributes: { 'service.name': 'shop' } },
  instrumentationScope: { name: 's' },
  ...changes,
})

/** A record of each signal, and the tables for it, with something in every place that may hold text. */
const PLACES: [Signal, readonly Table<never>[], (secret: unknown, attributes: object) => object][] =
  [
    [
      'traces',
      [flatTraces, otelTraces],
      (secret, attributes) =>
        makeSpan({
          name: secret,
          status: { code: 2, message: secret },
          attributes,
          spanContext: () => ({
            traceId: secret,
            spanId: secret,
            traceState: { serialize: () => secret },
          }),
          parentSpanContext: { traceId: secret, spanId: secret },
          parentSpanId: secret,
          kind: secret,
          startTime: secret,
          droppedAttributesCount: secret,
          events: [{ name: secret, time: [1, 1], attributes }, secret],
          links: [{ context: { traceId: secret, spanId: secret, traceState: secret }, attributes }],
          resource: { attributes: { 'service.name': 'shop', ...attributes }, schemaUrl: secret },
          instrumentationScope: { name: secret, version: secret, schemaUrl: secret, attributes },
          other: secret,
        }),
    ],
    [
      'logs',
      [flatLogs, otelLogs],
      (secret, attributes) =>
        makeLog({
          body: { inside: [secret, attributes] },
          severityText: secret,
          eventName: secret,
          attributes,
          resource: { attributes, schemaUrl: secret },
          instrumentationScope: { name: secret, version: secret, attributes },
          spanContext: { traceId: secret, spanId: secret, traceFlags: secret },
        }),
    ],
    [
      'metrics',
      [flatMetrics, otelMetricsGauge],
      (secret, attributes) =>
        point(attributes, {
          metric: {
            name: secret,
            description: secret,
            unit: secret,
            type: 'gauge',
            temporality: 0,
            isMonotonic: false,
          },
          flags: secret,
          exemplars: [{ time: [1, 1], value: 1, traceId: secret, spanId: secret, attributes }],
          resource: { attributes },
          instrumentationScope: { name: secret, attributes },
        }),
    ],
  ]

const SECRET = 'zq7secret'

/** Nests a value in maps and lists of many kinds. */
const nested = (leaf: fc.Arbitrary<unknown>) =>
  fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      leaf,
      tie('list'),
      tie('object'),
      tie('map'),
      tie('set'),
      tie('json'),
    ),
    list: fc.array(tie('any'), { maxLength: 3 }),
    object: fc.dictionary(fc.constantFrom('a', 'b.c', '__proto__', 'constructor'), tie('any'), {
      maxKeys: 3,
    }),
    map: fc
      .array(fc.tuple(fc.constantFrom('k', 'l'), tie('any')), { maxLength: 2 })
      .map((entries) => new Map(entries)),
    set: fc.array(tie('any'), { maxLength: 2 }).map((items) => new Set(items)),
    json: tie('any').map((value) => ({ toJSON: () => value })),
  })).any

const hostile = fc.constantFrom(
  ...Object.values(hostileValues()).filter((one) => typeof one !== 'symbol'),
)

describe.each(PLACES)('in a row of %s', (signal, tables, make) => {
  test('no value that a pattern denies is anywhere, in any nesting', () => {
    const mail = fc.constantFrom(
      `${SECRET}@example.com`,
      `To: <${SECRET}@mail.example.co.uk>, hi`,
      `ü.${SECRET}+x@exämple.de`,
    )
    const text = fc.oneof(
      mail,
      mail.map((one) => new Error(one)),
      mail.map((one) => Buffer.from(one)),
    )
    const values = nested(fc.oneof({ arbitrary: text, weight: 3 }, hostile))
    const { line } = redacting({ values: ['email'] })
    fc.assert(
      fc.property(mail, values, (secret, value) => {
        const record = make(secret, { plain: secret, value, [secret]: 1, list: [secret] })
        for (const table of tables) {
          const written = line(signal, table, record)
          expect(written).not.toContain(SECRET)
          expect(() => JSON.parse(written)).not.toThrow()
        }
      }),
      { numRuns: LONG ? 2000 : 100 },
    )
  })

  test('no attribute that is denied or not hashed is anywhere, in any nesting', () => {
    const values = nested(fc.oneof(fc.constant(SECRET), fc.constant(Buffer.from(SECRET)), hostile))
    const { line } = redacting({
      deny: ['*password*', 'user.address.street'],
      hash: ['user.id'],
      key: 'k',
    })
    fc.assert(
      fc.property(values, (value) => {
        const attributes = {
          'user.id': value,
          Password: value,
          deep: [{ fine: 1, userPassword: value }, new Map([['the password', value]])],
          user: { id: value, address: { street: value } },
        }
        const record = make('x', attributes)
        for (const table of tables) {
          const written = line(signal, table, record)
          expect(written).not.toContain(SECRET)
          expect(written).not.toContain(Buffer.from(SECRET).toString('base64'))
        }
      }),
      { numRuns: LONG ? 2000 : 100 },
    )
  })

  test('an allow list leaves nothing else, but the name of the service', () => {
    const { line } = redacting({ allow: ['http.*'] })
    const attributes = { 'service.name': 'shop', 'http.route': '/cart', other: SECRET }
    for (const table of tables) {
      const written = line(signal, table, {
        ...make('x', attributes),
        body: 'a body has no attributes',
      })
      expect(written).not.toContain(SECRET)
      expect(written).toContain('/cart')
      expect(written).toContain('shop')
    }
  })

  test('a record without anything to redact gives the same row', () => {
    const { line } = redacting({ deny: ['nothing'], values: ['email'] })
    const record = { traces: makeSpan(), logs: makeLog(), metrics: point({ a: 1 }) }[signal]
    for (const table of tables)
      expect(JSON.parse(line(signal, table, record))).toEqual(
        JSON.parse(table.toLine(record as never)),
      )
  })

  test('hostile attributes cost at most themselves', () => {
    const { line } = redacting({
      deny: ['x'],
      values: ['email', 'credit_card', 'ipv4', 'bearer_token', 'jwt', 'url_credentials'],
    })
    for (const [name, value] of Object.entries(hostileValues())) {
      const record = make('name', { fine: 'yes', [name]: value })
      for (const table of tables) expect(line(signal, table, record)).toContain('yes')
    }
  })
})

test('a hash is HMAC-SHA-256 of the text with the key, the same for every element and type', () => {
  const { row } = redacting({ hash: ['user.*'], key: 'pepper' })
  const { attributes } = row(
    'traces',
    flatTraces,
    makeSpan({ attributes: { 'user.id': 42, 'user.ids': ['42', 'b'] } }),
  )
  const of = (text: string) => createHmac('sha256', 'pepper').update(text).digest('hex')
  expect(attributes).toEqual({
    'user.id': of('42'),
    'user.ids': JSON.stringify([of('42'), of('b')]),
  })
})

test('without a key, what would be hashed is taken out', () => {
  const { row } = redacting({ hash: ['user.*'] })
  const { attributes } = row(
    'traces',
    flatTraces,
    makeSpan({ attributes: { 'user.id': 42, a: '1' } }),
  )
  expect(attributes).toEqual({ a: '1' })
})

test.each([
  ['email', 'mail a.b+c@example.com now', 'mail X now'],
  ['email', 'user@localhost', 'user@localhost'],
  ['credit_card', 'card 4111 1111 1111 1111.', 'card X.'],
  ['credit_card', 'order 12 4111-1111-1111-1111 9', 'order 12 X 9'],
  ['credit_card', '5500005555555559', 'X'],
  ['credit_card', '4111111111111112', '4111111111111112'], // the last digit is wrong
  ['credit_card', '1729627200145000005', '1729627200145000005'], // a time
  ['credit_card', '41111111111111110000000000000000', '41111111111111110000000000000000'], // a trace id
  ['ipv4', 'from 10.0.0.255, v1.2.3.4.5', 'from X, v1.2.3.4.5'],
  ['ipv4', '300.1.1.1', '300.1.1.1'],
  ['bearer_token', 'Authorization: Bearer abc.DEF-123', 'Authorization: Bearer X'],
  ['bearer_token', 'token expired', 'token expired'],
  ['jwt', 'x=eyJhbGciOi.eyJzdWIiOi.sig_na-ture;', 'x=X;'],
  ['url_credentials', 'postgres://me:p@ss@db:5432/x', 'postgres://X@db:5432/x'],
] as const)('%s replaces in %j', (rule, text, redacted) => {
  const { row } = redacting({ values: [rule], replace: 'X' })
  expect(row('logs', flatLogs, makeLog({ body: text }))['body']).toBe(redacted)
})

test.each([
  ['email', 'url_credentials'],
  ['url_credentials', 'email'],
  ['email', 'credit_card', 'ipv4', 'bearer_token', 'jwt', 'url_credentials'],
] as const)('a password in a URL is replaced as a whole, in the order %s, %s', (...values) => {
  const { row } = redacting({ values })
  for (const password of ['tok(en)secret', 'hunter,two', 'Pa"w0rd', 'a@b.c', 'plain']) {
    const { body } = row('logs', flatLogs, makeLog({ body: `db://me:${password}@db.example/x` }))
    expect(body).toBe('db://[redacted]@db.example/x')
  }
})

test('a number that is a card is replaced among attributes, and stays as the value of a metric', () => {
  const { row } = redacting({ values: ['credit_card'] })
  const { attributes, value } = row('metrics', flatMetrics, point({ card: 4111111111111111, n: 7 }))
  expect(attributes).toEqual({ card: '[redacted]', n: '7' })
  expect(value).toBe(4111111111111111)
})

test.each(['email', 'credit_card', 'ipv4', 'bearer_token', 'jwt', 'url_credentials'] as const)(
  'looking for %s takes a time that grows with the text alone',
  (rule) => {
    const { row } = redacting({ values: [rule] })
    const parts = [
      'a',
      'a.',
      'a@',
      '1',
      '1 ',
      '1.',
      'bearer ',
      'eyJ',
      'eyJ-',
      '://',
      '4111 ',
      '-',
      '@',
    ]
    for (const part of parts) {
      const body = part.repeat(30_000) // what is quadratic takes minutes
      expect(row('logs', flatLogs, makeLog({ body }))['body']).toBeDefined()
    }
  },
)

test('a redactor that throws, or returns no text, costs the value and never the row; it is counted and named once', () => {
  const redactor = redacting({
    values: [
      (text) => {
        if (text.includes('bad')) throw new TypeError(`cannot take ${SECRET}`)
        return text.includes('odd') ? (undefined as never) : text.toUpperCase()
      },
    ],
  })
  const span = makeSpan({
    name: 'fine',
    attributes: { a: 'bad', b: 'odd', c: 'good', d: ['bad', 'x'] },
  })
  const row = redactor.row('traces', flatTraces, span)
  expect(row['attributes']).toEqual({ C: 'GOOD', D: '[null,"X"]', B: undefined, A: undefined })
  expect(row['span_name']).toBe('FINE')
  expect(redactor.failures()).toBe(2)
  expect(redactor.said.filter((line) => line.includes(' threw '))).toEqual([
    expect.stringMatching(
      /^redact\.values\[0\] of north threw TypeError at .*redaction\.test\.ts:\d+:\d+\. The values that it was given are left out\.$/,
    ),
  ])
})

test('a getter that gives another value the second time is read once', () => {
  let reads = 0
  const attributes = {
    get mail() {
      return reads++ === 0 ? 'harmless' : `${SECRET}@example.com`
    },
  }
  const { row } = redacting({ values: ['email'] })
  expect(row('traces', flatTraces, makeSpan({ attributes }))['attributes']).toEqual({
    mail: 'harmless',
  })
  expect(reads).toBe(1)
})

test('a resource is redacted once, and again when it has other attributes', () => {
  const { row } = redacting({ deny: ['b'] })
  const resource = { attributes: { 'service.name': 'shop', a: '1', b: '2' } as object }
  const ofResource = () => row('traces', flatTraces, makeSpan({ resource }))['resource_attributes']
  expect(ofResource()).toMatchObject({ a: '1' })
  resource.attributes = { a: '3', b: '4' }
  expect(ofResource()).toEqual({ a: '3' })
})

describe('bounds', () => {
  /** How many characters are looked at for `deny` and `hash`. */
  function looksAt(attributes: object, options: Partial<RedactConfig>): number {
    const { change } = redacting(options)
    let looked = 0
    const { toLowerCase } = String.prototype
    String.prototype.toLowerCase = function (this: string) {
      looked += this.length
      return toLowerCase.call(this)
    }
    try {
      change.attributes(attributes)
    } finally {
      String.prototype.toLowerCase = toLowerCase
    }
    return looked
  }

  const under = (name: string, count: number) => ({
    [name]: Object.fromEntries(Array.from({ length: count }, (_, n) => [`key ${n}`, n])),
  })

  test('names of any length above many keys cost patterns a bounded number of looks', () => {
    const long = under('x'.repeat(1_000_000), 1000)
    expect(looksAt({ long }, { deny: ['a*', '*b', 'c'], hash: ['d'], key: 'k' })).toBeLessThan(1e8)
  })

  test('a long name costs nothing if no pattern is about names', () => {
    const attributes = under('x'.repeat(1_000_000), 1000)
    expect(redacting({ allow: ['*'] }).change.attributes(attributes)).toEqual(attributes)
  })

  test('what patterns could not be asked about is left out, and … stands for it', () => {
    const { change } = redacting({ deny: ['*secret'] })
    const long = 'x'.repeat(1_000_000)
    const members = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`k${n} secret`, SECRET]),
    )
    const of = change.attributes({
      a: { [long]: { fine: 1, ...members, late: SECRET }, after: SECRET },
      b: 'b',
    })
    expect(JSON.stringify(of)).not.toContain(SECRET)
    expect(of).toEqual({ a: { [long]: { fine: 1, '…': '…' }, '…': '…' }, b: 'b' })
  })

  test('a text that a list holds many times is looked through a bounded number of times', () => {
    let calls = 0
    const count = (text: string) => {
      calls++
      return text
    }
    const { change } = redacting({ values: [count] })
    const text = 'x'.repeat(1_000_000)
    const { list } = change.attributes({ list: Array(50_000).fill(text) }) as { list: unknown[] }
    expect(calls).toBeLessThan(100)
    expect(list[0]).toBe(text)
    expect(list.at(-1)).toBe('…')
  })

  test.each([
    ['a list', (size: number) => Array.from({ length: size }, (_, n) => n)],
    ['a set', (size: number) => new Set(Array.from({ length: size }, (_, n) => n))],
    ['a map', (size: number) => new Map(Array.from({ length: size }, (_, n) => [`${n}`, n]))],
  ])('%s of any size costs no other attribute, and … stands for what is left out', (_, make) => {
    const { change } = redacting({ deny: ['x'] })
    const attributes = change.attributes({ big: make(100_010), b: 'b', c: ['c'] })
    const { big, ...others } = attributes as { big: object }
    expect(others).toEqual({ b: 'b', c: ['c'] })
    const values: unknown[] = Object.values(big)
    expect(values.length).toBeLessThanOrEqual(100_001)
    expect(values.slice(-2)).toEqual([expect.any(Number), '…'])
  })
})

test('a map whose keys are numbers beyond 2^53 keeps its entries', () => {
  const { change } = redacting({ deny: ['2'], values: ['email'] })
  const map = new Map<unknown, unknown>([
    [1n, 'one'],
    [2n, 'two'],
    [{ id: 3n }, 'three'],
  ])
  expect(change.attributes({ map })).toEqual({ map: { 1: 'one', '{"id":"3"}': 'three' } })
})

test('the bytes of an ArrayBuffer are looked through, and hashed, as those of a Uint8Array', () => {
  const bytes = Buffer.from(`${SECRET}@example.com`)
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
  const { change } = redacting({ values: ['email'], hash: ['id'], key: 'k' })
  const of = (value: unknown) => change.attributes({ value, id: value })
  expect(of(buffer)).toMatchObject({ value: '[redacted]' })
  expect(of(buffer)).toEqual(of(bytes))
})

test('events and links beyond 10,000 are counted in the row', () => {
  const { row } = redacting({ deny: ['x'] })
  const many = <Item>(count: number, item: Item): Item[] => Array(count).fill(item)
  const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16) } }
  const { attributes } = row(
    'traces',
    flatTraces,
    makeSpan({
      attributes: {},
      events: many(10_003, { name: 'e', time: [1, 1] as [number, number] }),
      links: many(10_001, link) as never,
      droppedEventsCount: 2,
    }),
  )
  expect(attributes).toEqual({ 'otel.dropped_events_count': '5', 'otel.dropped_links_count': '1' })
})
