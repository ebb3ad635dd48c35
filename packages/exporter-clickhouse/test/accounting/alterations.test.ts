import { DiagLogLevel } from '@opentelemetry/api'
import { defineTable, type SpanLike } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo } from '../../../../test/kit/exporters.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Options } from '../../src/config/options.js'

const schema = defineTable<SpanLike>({
  name: 'mine',
  columns: [
    { name: 'name', type: 'String', value: ({ name }) => name },
    { name: 'code', type: 'UInt8', value: ({ attributes }) => attributes['code'] },
    { name: 'id', type: 'UUID', value: ({ attributes }) => attributes['id'] },
    { name: 'at', type: 'DateTime', value: ({ attributes }) => attributes['at'] },
  ],
  orderBy: 'name',
})
// Written by its toLine, as a table of which nothing is known: rows are whole.
const whole = { ...schema, toLine: schema.toLine.bind(undefined) }

const of = (attributes: SpanLike['attributes']) => makeSpan({ name: 'a', attributes })
const WRONG = [
  of({ code: 1000 }),
  of({ code: 'teapot', id: 'none' }),
  of({ at: '1901-01-01T00:00:00Z' }),
]
const ALTERED = { adjustedNumbers: 1, unreadableValues: 2, clampedTimes: 1 }
const RIGHT = of({ code: 200, id: '0'.repeat(32), at: '2026-01-01T00:00:00Z' })
const asIs = (row: unknown) => ({ mine: row as Record<string, unknown> })

test.each<[string, Options, object]>([
  ['compact rows', { schema }, ALTERED],
  ['whole rows', { schema: whole }, ALTERED],
  ['rows that dispatch gets', { schema, dispatch: asIs }, ALTERED],
  ['rows that dispatch leaves out', { schema, dispatch: () => undefined }, {}],
  [
    'rows of which dispatch throws',
    {
      schema,
      dispatch() {
        throw new Error('no')
      },
    },
    ALTERED,
  ],
])(
  'what is altered in %s is counted once, by what was done; what is missing is not',
  async (_, options, altered) => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url, ...options })
    await exported(exporter, [of({}), RIGHT])
    expect(statsOf(exporter).altered).toEqual({})
    await exported(exporter, WRONG)
    expect(statsOf(exporter).altered).toEqual(altered)
    expect(statsOf(exporter)).toMatchObject({ accepted: 5 })
  },
)

test('a row that begins the next batch is counted once, although it is written twice', async () => {
  const server = await scriptedServer()
  const batch = { maxBytes: 1024 }
  const exporter = exporterTo({ endpoint: server.url, schema, batch })
  const name = 'n'.repeat(300)
  const spans = Array.from({ length: 20 }, () => makeSpan({ name, attributes: { code: -1 } }))
  await exported(exporter, spans)
  expect(server.inserts.length).toBeGreaterThan(3)
  expect(statsOf(exporter)).toMatchObject({ delivered: 20, altered: { adjustedNumbers: 20 } })
})

test('what rows have in common is counted for each of them, at every destination', async () => {
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const resource = { attributes: { 'service.name': 'shop', broken: '\ud800' } }
  const batch = { maxRows: 1000 }
  const exporter = exporterTo({
    endpoint: a.url,
    batch,
    destinations: [{ name: 'b', endpoint: b.url, batch: { maxRows: 999 } }],
  })
  const all = Array.from({ length: 10 }, () => makeSpan({ attributes: {}, resource }))
  await exported(exporter, all)
  await exported(exporter, all)
  for (const name of ['primary', 'b'])
    expect(statsOf(exporter, name)).toMatchObject({ altered: { repairedStrings: 20 } })
})

test('destinations count their own rows', async () => {
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const exporter = exporterTo({
    schema,
    destinations: [
      { name: 'a', endpoint: a.url },
      { name: 'b', endpoint: b.url, filter: ({ attributes }) => attributes['code'] !== 1000 },
    ],
  })
  await exported(exporter, WRONG)
  expect(statsOf(exporter, 'a').altered).toEqual(ALTERED)
  expect(statsOf(exporter, 'b').altered).toEqual({ unreadableValues: 2, clampedTimes: 1 })
})

test('the first batch with such values is said in one line, without a value and below warnings', async () => {
  const lines = diagLines(DiagLogLevel.DEBUG)
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url, schema })
  await exported(exporter, [RIGHT])
  for (const span of WRONG) await exported(exporter, [span])
  const said = lines.filter((line) => line.includes('altered'))
  expect(said).toEqual([
    expect.stringMatching(
      /primary \(127\.0\.0\.1:\d+\): values were altered to fit into their columns: adjustedNumbers 1\. Further ones are counted only \(altered in stats\(\)\)\./,
    ),
  ])
  const warnings = diagLines()
  await exported(exporterTo({ endpoint: server.url, schema }), WRONG)
  expect(warnings).toEqual([])
})
