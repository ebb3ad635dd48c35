import { isDeepStrictEqual } from 'node:util'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AttributeCondition,
  parseSearch,
  type Search,
  type SpanTable,
  searchText,
  tracesQuery,
} from '../../packages/queries/src/index.js'
import { LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { BASE_US, type ModelSpan, toSpan, WORDS } from './kit/model.js'
import { ask, fillTables, READER } from './kit/tables.js'

const numbered = (digits: number, number: number) => `${number}`.padStart(digits, '0')
const span = (number: number, more: Partial<ModelSpan>): ModelSpan => ({
  traceId: `feed${numbered(28, number)}`,
  spanId: numbered(16, number),
  parentSpanId: '',
  service: 'shop',
  name: 'plain',
  kind: 'server',
  startUs: BASE_US + number,
  durationNs: 1000,
  status: 'unset',
  message: '',
  attributes: {},
  resource: {},
  ...more,
})

/** One trace for each hostile text, which is everywhere in it. */
const hostile = WORDS.map((word, index) =>
  span(index + 10, {
    name: word,
    service: word,
    message: word,
    attributes: { [word]: word },
    resource: { [word]: `${word}${word}` },
  }),
)
const spans = [
  span(1, { attributes: { route: '/users', empty: '' }, resource: { host: 'h1' } }),
  span(2, { attributes: { route: '/orders' }, resource: { host: 'h2', route: '/users' } }),
  // Two spans of one trace.
  span(3, { attributes: { first: 'yes' } }),
  { ...span(4, { attributes: { second: 'yes' } }), traceId: span(3, {}).traceId },
]

let server: ClickHouseServer
let tables: SpanTable[]

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  tables = await fillTables(server, 'telemetry', [...spans, ...hostile].map(toSpan))
})
afterAll(() => server?.stop())

/** The numbers of the traces that are found, in every table the same. */
async function found(search: Search): Promise<number[]> {
  const answers = await Promise.all(
    tables.map(async (table) =>
      (await ask(server, tracesQuery(table, search))).rows
        .map(({ trace_id: id }) => Number(id.slice(4)))
        .sort((a, b) => a - b),
    ),
  )
  for (const answer of answers) expect(answer).toEqual(answers[0])
  return answers[0] ?? []
}

const attribute = (key: string, op: AttributeCondition['op'], value = '') =>
  found({ attributes: [{ key, op, value }] })

test('an attribute is that of the span or of its resource', async () => {
  expect(await attribute('route', '=', '/users')).toEqual([1, 2])
  expect(await attribute('host', '=', 'h2')).toEqual([2])
  expect(await attribute('service.name', '=', 'shop')).toEqual([1, 2, 3])
  expect(await attribute('route', '!=', '/orders')).toEqual([1])
  expect(await attribute('host', '~', 'H')).toEqual([1, 2])
  expect(await attribute('host', 'exists')).toEqual([1, 2])
})

test('an attribute that is not there has no value, not an empty one', async () => {
  expect(await attribute('empty', '=', '')).toEqual([1])
  expect(await attribute('empty', '!=', '')).toEqual([])
  expect(await attribute('empty', '~', '')).toEqual([1])
  expect(await attribute('empty', 'exists')).toEqual([1])
})

test('one span of a trace must fulfil all conditions', async () => {
  const [first, second] = ['first', 'second'].map((key) => ({
    key,
    op: '=' as const,
    value: 'yes',
  }))
  expect(await found({ attributes: [first as AttributeCondition] })).toEqual([3])
  expect(await found({ attributes: [second as AttributeCondition] })).toEqual([3])
  expect(await found({ attributes: [first, second] as AttributeCondition[] })).toEqual([])
})

test('free text finds the beginning of a trace’s id, from four digits on', async () => {
  expect(await found({ text: ['FEED'] })).toHaveLength(3 + WORDS.length)
  expect(await found({ text: [span(2, {}).traceId] })).toEqual([2])
  expect(await found({ text: ['fee'] })).toEqual([])
  expect(await found({ traceId: 'fee' })).toHaveLength(3 + WORDS.length)
})

const isSameQuestion = (one: Search, other: Search) =>
  tables.every((table) => isDeepStrictEqual(tracesQuery(table, one), tracesQuery(table, other)))

test.each(WORDS.map((word, index) => [word.slice(0, 30), word, index + 10] as const))(
  'whatever is in a text, it is found as it is: %j',
  async (_short, word, number) => {
    const searches: Search[] = [
      { services: [word] },
      { operation: word },
      { text: [word] },
      { attributes: [{ key: word, op: '=', value: word }] },
      { attributes: [{ key: word, op: '=', value: `${word}${word}` }] },
      { attributes: [{ key: word, op: '~', value: word }] },
      { attributes: [{ key: word, op: 'exists', value: '' }] },
    ]
    for (const search of searches) {
      expect(await found(search)).toEqual([number])
      const text = searchText(search)
      if (text.length >= 10_000) continue
      const parsed = parseSearch(text).search
      // The same question has the same answer.
      if (LONG || !isSameQuestion(parsed, search)) expect(await found(parsed)).toEqual([number])
    }
  },
)
