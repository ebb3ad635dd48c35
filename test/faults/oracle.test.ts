import {
  flatLogs,
  flatMetrics,
  flatTraces,
  type MetricPointLike,
  metricPoints,
} from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { resourceMetricsOf } from '../kit/entry-points.mjs'
import type { Row } from '../kit/memory-table.js'
import {
  type NumberedOptions,
  numbered,
  type SignalName,
  spanIdOf,
} from '../kit/numbered-records.mjs'
import { allWell, Oracle } from '../kit/oracle.js'

const RUN = '0badcafe'

const LINES: Readonly<Record<SignalName, (number: number, options: NumberedOptions) => string>> = {
  traces: (number, options) => flatTraces.toLine(numbered.traces(RUN, number, options)),
  logs: (number, options) => flatLogs.toLine(numbered.logs(RUN, number, options)),
  metrics(number, options) {
    const [point] = metricPoints(resourceMetricsOf([numbered.metrics(RUN, number, options)]))
    return flatMetrics.toLine(point as MetricPointLike)
  },
}
const SIGNALS = Object.keys(LINES) as SignalName[]

function rowOf(number: number, options: NumberedOptions = {}, signal: SignalName = 'traces'): Row {
  return JSON.parse(LINES[signal](number, options))
}

function rows(count: number, options: NumberedOptions = {}, signal?: SignalName): Row[] {
  return Array.from({ length: count }, (_, number) => rowOf(number, options, signal))
}

function oracleOf(count: number, signal?: SignalName): Oracle {
  const oracle = new Oracle(RUN, signal)
  oracle.accept('a', Array(count).keys())
  return oracle
}

test.each(SIGNALS)(
  'rows as they were sent are correct, in any order and with any other columns: %s',
  (signal) => {
    const judged = (options: NumberedOptions) =>
      oracleOf(100, signal).judge('a', rows(100, options, signal).reverse())
    expect(judged({})).toEqual(allWell(100))
    expect(judged({ bytes: 300, poison: true })).toEqual(allWell(100))
    expect(judged({ resource: 1 })).toEqual(allWell(100))
  },
)

test.each(SIGNALS)('a member that is left out is at its default: %s', (signal) => {
  const isDefault = (value: unknown) =>
    value === '' || value === 0 || JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}'
  const all = rows(100, {}, signal)
  const sparse = all.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => !isDefault(value))),
  )
  expect(Object.keys(sparse[0] ?? {}).length).toBeLessThan(Object.keys(all[0] ?? {}).length)
  expect(oracleOf(100, signal).judge('a', sparse)).toEqual(allWell(100))
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

const ofOthers: [signal: SignalName, what: string, number: number, change: (row: Row) => Row][] = [
  ['logs', 'another trace', 7, (row) => ({ ...row, trace_id: row['span_id'] })],
  ['logs', 'another severity', 7, (row) => ({ ...row, severity_number: 24 })],
  ['logs', 'the body of another', 7, (row) => ({ ...row, body: rowOf(8, {}, 'logs')['body'] })],
  ['logs', 'another event', 7, (row) => ({ ...row, event_name: '' })],
  ['logs', 'no attributes', 7, (row) => ({ ...row, attributes: {} })],
  ['metrics', 'another type', 7, (row) => ({ ...row, metric_type: 'gauge' })],
  ['metrics', 'another name', 7, (row) => ({ ...row, metric_name: 'a sum' })],
  ['metrics', 'another value', 5, (row) => ({ ...row, value: 5 })],
  ['metrics', 'another count', 6, (row) => ({ ...row, count: '7' })],
  ['metrics', 'other buckets', 6, (row) => ({ ...row, bucket_counts: ['0', '1'] })],
  ['metrics', 'no exponential buckets', 7, (row) => ({ ...row, positive_bucket_counts: [] })],
  ['metrics', 'another service', 7, (row) => ({ ...row, service_name: 'x' })],
]

test.each(ofOthers)('a row of %s with %s is altered', (signal, _, number, change) => {
  const all = rows(20, {}, signal)
  all[number] = change(all[number] as Row)
  const found = oracleOf(20, signal).judge('a', all)
  expect(found).toMatchObject({ altered: 1, missing: 0, foreign: 0 })
})
