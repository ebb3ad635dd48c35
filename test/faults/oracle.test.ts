import { flatTraces } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import type { Row } from '../kit/memory-table.js'
import { type NumberedOptions, numbered, spanIdOf } from '../kit/numbered-records.mjs'
import { allWell, Oracle } from '../kit/oracle.js'

const RUN = '0badcafe'

function rowOf(number: number, options: NumberedOptions = {}): Row {
  return JSON.parse(flatTraces.toLine(numbered.traces(RUN, number, options)))
}

function rows(count: number, options: NumberedOptions = {}): Row[] {
  return Array.from({ length: count }, (_, number) => rowOf(number, options))
}

function oracleOf(count: number): Oracle {
  const oracle = new Oracle(RUN)
  oracle.accept('a', Array(count).keys())
  return oracle
}

test('rows as they were sent are correct, in any order and with any other columns', () => {
  expect(oracleOf(100).judge('a', rows(100).reverse())).toEqual(allWell(100))
  expect(oracleOf(100).judge('a', rows(100, { bytes: 300, poison: true }))).toEqual(allWell(100))
})

test('a member that is left out is at its default', () => {
  const isDefault = (value: unknown) =>
    value === '' || value === 0 || JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}'
  const sparse = rows(100).map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => !isDefault(value))),
  )
  expect(Object.keys(sparse[0] ?? {}).length).toBeLessThan(Object.keys(rows(1)[0] ?? {}).length)
  expect(oracleOf(100).judge('a', sparse)).toEqual(allWell(100))
})

test('an absent row is missing, unless that is excused', () => {
  const oracle = oracleOf(10)
  expect(oracle.judge('a', rows(10).slice(1))).toMatchObject({
    missing: 1,
    examples: ['missing 0'],
  })
  oracle.excuse('a', [0])
  expect(oracle.judge('a', rows(10).slice(1))).toEqual(allWell(9))
})

test('a row that is there twice is doubled', () => {
  const found = oracleOf(10).judge('a', [...rows(10), rowOf(3)])
  expect(found).toMatchObject({ missing: 0, doubled: 1, examples: ['doubled 3'] })
})

test('a row that was not accepted at this destination or in this run is foreign', () => {
  expect(oracleOf(10).judge('b', rows(1))).toMatchObject({ foreign: 1, missing: 0 })
  expect(oracleOf(10).judge('a', rows(11))).toMatchObject({ foreign: 1, missing: 0 })
  const other = { ...rowOf(3), span_id: spanIdOf('deadbeef', 3) }
  expect(oracleOf(4).judge('a', [...rows(3), other])).toMatchObject({ foreign: 1, missing: 1 })
})

const alterations: [what: string, number: number, change: (row: Row) => Row][] = [
  ['another trace', 7, (row) => ({ ...row, trace_id: row['span_id'] })],
  ['another parent', 7, (row) => ({ ...row, parent_span_id: '' })],
  ['another kind', 7, (row) => ({ ...row, span_kind: 'SERVER' })],
  ['another status', 7, (row) => ({ ...row, status_code: 'UNSET' })],
  ['the service of another resource', 17, (row) => ({ ...row, service_name: 'alpha' })],
  ['no events', 8, (row) => ({ ...row, 'events.name': [] })],
  ['no links', 7, (row) => ({ ...row, 'links.span_id': [] })],
  ['the attributes of another', 7, (row) => ({ ...row, attributes: rowOf(15)['attributes'] })],
  [
    'an attribute too many',
    7,
    (row) => ({ ...row, attributes: { ...(row['attributes'] as object), more: '' } }),
  ],
  [
    'a text that is cut',
    7,
    (row) => ({
      ...row,
      attributes: { ...(row['attributes'] as object), 'fault.text': '/*-' },
    }),
  ],
  [
    'a filling of another length',
    7,
    (row) => ({
      ...row,
      attributes: { ...(row['attributes'] as object), 'fault.filling': 'x' },
    }),
  ],
]

test.each(alterations)('a row with %s is altered', (_, number, change) => {
  const all = rows(20)
  all[number] = change(all[number] as Row)
  expect(oracleOf(20).judge('a', all)).toMatchObject({ altered: 1, missing: 0, foreign: 0 })
})
