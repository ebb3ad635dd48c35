import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  edgesQuery,
  heatQuery,
  keysQuery,
  newSpansQuery,
  operationNamesQuery,
  operationsQuery,
  type Query,
  ratesQuery,
  type Search,
  type SpanTable,
  servicesQuery,
  spansQuery,
  tracesQuery,
  valuesQuery,
} from '../../packages/queries/src/index.js'
import { SEED } from '../faults/seed.js'
import { LONG } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { searchesOf } from './kit/arbitraries.js'
import { BASE_US, type ModelSpan, modelSpans, toSpan } from './kit/model.js'
import { ask, askCopied, fillTables, READER } from './kit/tables.js'
import * as oracle from './oracle/index.js'

// Every query is asked of the same spans in three tables, and each answer compared with one found by looking at every span.

const spans = modelSpans(SEED, 40)
let server: ClickHouseServer
let tables: SpanTable[]

beforeAll(async () => {
  server = await sharedClickHouse([READER])
  tables = await fillTables(server, 'telemetry', spans.map(toSpan))
})
afterAll(() => server?.stop())

type Asking = readonly [
  name: string,
  query: (table: SpanTable, search: Search) => Query<unknown>,
  answer: (search: Search) => unknown[],
]

const BUCKET_US = 90e6
const sorts = ['newest', 'slowest', 'errors'] as const
const attribute = (key: string) => (span: ModelSpan) => span.attributes[key]

const QUERIES: Asking[] = [
  ...sorts.map(
    (sort): Asking => [
      `traces, ${sort}`,
      (table, search) => tracesQuery(table, search, { limit: 7, sort }),
      (search) => oracle.traces(spans, search, { limit: 7, sort }),
    ],
  ),
  [
    'spans',
    (table, search) => spansQuery(table, search, { limit: 20 }),
    (search) => oracle.spans(spans, search, 20),
  ],
  ['services', servicesQuery, (search) => oracle.services(spans, search)],
  [
    'operations',
    (table, search) => operationsQuery(table, search),
    (search) => oracle.operations(spans, search),
  ],
  ['edges', edgesQuery, (search) => oracle.edges(spans, search)],
  [
    'rates',
    (table, search) => ratesQuery(table, search, { bucketUs: BUCKET_US }),
    (search) => oracle.rates(spans, search, BUCKET_US),
  ],
  [
    'heat',
    (table, search) => heatQuery(table, search, { bucketUs: BUCKET_US }),
    (search) => oracle.heat(spans, search, BUCKET_US),
  ],
  ['keys', keysQuery, (search) => oracle.keys(spans, search)],
  [
    'values of a span',
    (table, search) => valuesQuery(table, search, { key: "k'ey\\", place: 'span' }),
    (search) => oracle.values(spans, search, attribute("k'ey\\")),
  ],
  [
    'values of a resource, by their beginning',
    (table, search) =>
      valuesQuery(table, search, { key: 'host.name', place: 'resource', prefix: "It'" }),
    (search) => oracle.values(spans, search, ({ resource }) => resource['host.name'], "It'"),
  ],
  [
    'operation names',
    (table, search) => operationNamesQuery(table, search, { prefix: 'g' }),
    (search) => oracle.values(spans, search, ({ name }) => name, 'g'),
  ],
  [
    'new spans',
    (table, search) =>
      newSpansQuery(table, { sinceEndUs: BASE_US + 300e6, latenessMs: 1000, search, limit: 1000 }),
    (search) =>
      oracle
        .spans(spans, search, 1e6)
        .filter((span) => span.start_us + Math.floor(span.duration_ns / 1000) >= BASE_US + 299e6),
  ],
]

test.each(QUERIES)(
  '%s: every table gives the answer that looking at every span gives',
  async (name, query, answer) => {
    const searches = fc.oneof(
      { weight: 1, arbitrary: fc.constant({}) },
      { weight: 6, arbitrary: searchesOf(spans) },
    )
    let asked = 0
    await fc.assert(
      fc.asyncProperty(searches, async (search) => {
        const expected = rounded(answer(search))
        const isUnordered = name === 'new spans'
        // The text to copy has its parameters written into it in one way for every table: each search is asked so of one of them.
        const copied = asked++ % tables.length
        for (const [n, table] of tables.entries()) {
          const question = query(table, search)
          const { rows } = await ask(server, question)
          const where = `${table.family}: ${JSON.stringify(search)}`
          const inOrder = (all: unknown[]) =>
            isUnordered ? all.map((row) => JSON.stringify(row)).sort() : all
          expect(inOrder(rounded(rows)), where).toEqual(inOrder(expected))
          if (LONG || n === copied) expect(await askCopied(server, question), where).toEqual(rows)
        }
      }),
      { numRuns: LONG ? 300 : 12, seed: SEED, endOnFailure: !LONG },
    )
  },
)

/** Percentiles and rates are computed in another order, so their last digits differ. */
function rounded(rows: unknown[]): unknown[] {
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row as object).map(([name, value]) => [
        name,
        /^(p\d\d_ns|rate)$/.test(name) && value !== null ? Number(value.toPrecision(6)) : value,
      ]),
    ),
  )
}
