import { expect, test } from 'vitest'
import { type Chart, chooseChart, MOST_BARS, MOST_SERIES } from '../src/sql/chart.js'
import { kindOf, secondsOf, traceIdOf } from '../src/sql/columns.js'
import { cellText, toJson, toMarkdown, toTsv } from '../src/sql/formats.js'
import {
  forget,
  hashOf,
  MOST_ENTRIES,
  readHistory,
  remember,
  type Store,
  sqlOf,
} from '../src/sql/history.js'
import { positionIn } from '../src/sql/position.js'

const column = (name: string, type: string) => ({ name, type })
const TIME = column('t', 'DateTime')
const COUNT = column('c', 'UInt64')
const NAME = column('name', 'LowCardinality(String)')

test('types are told apart without what says only how they are stored', () => {
  const kinds = (
    [
      'Nullable(DateTime64(9))',
      'Date',
      'Nullable(Float64)',
      'Decimal(18, 4)',
      'UInt64',
      'LowCardinality(Nullable(String))',
      'FixedString(32)',
      "Enum8('a' = 1)",
      'Map(String, String)',
      'Array(UInt8)',
      'IntervalSecond',
    ] as const
  ).map((type) => kindOf(column('x', type)))
  expect(kinds).toEqual([
    'time',
    'time',
    'number',
    'number',
    'number',
    'text',
    'text',
    'text',
    'other',
    'other',
    'other',
  ])
})

test('a column of microseconds since 1970 is a time, and one of a duration is a number', () => {
  expect(kindOf(column('bucket_us', 'Float64'), 1.7e15)).toBe('micros')
  expect(kindOf(column('duration_us', 'Float64'), 1500)).toBe('number')
  expect(kindOf(column('start', 'Float64'), 1.7e15)).toBe('number')
})

test('times of ClickHouse are seconds, whatever their precision', () => {
  expect(secondsOf('1970-01-02', 'time')).toBe(86_400)
  expect(secondsOf('1970-01-01 00:00:01', 'time')).toBe(1)
  expect(secondsOf('1970-01-01 00:00:01.500000000', 'time')).toBe(1.5)
  expect(secondsOf('soon', 'time')).toBeUndefined()
  expect(secondsOf(2e6, 'micros')).toBe(2)
})

test('a time and numbers are lines, in the order of time', () => {
  expect(
    chooseChart(
      [TIME, COUNT, column('p95_ns', 'Nullable(Float64)')],
      [
        ['1970-01-01 00:00:02', '7', null],
        ['1970-01-01 00:00:01', '5', 3],
      ],
    ),
  ).toEqual({
    kind: 'lines',
    times: [1, 2],
    series: [
      { name: 'c', values: [5, 7] },
      { name: 'p95_ns', values: [3, null] },
    ],
    hidden: 0,
  })
})

test('a time, a text and a number are a line for each text, the largest first', () => {
  const chart = chooseChart(
    [TIME, NAME, COUNT],
    [
      ['1970-01-01 00:00:01', 'small', 1],
      ['1970-01-01 00:00:01', 'large', 50],
      ['1970-01-01 00:00:02', 'large', 60],
    ],
  ) as Extract<Chart, { kind: 'lines' }>
  expect(chart.series).toEqual([
    { name: 'large', values: [50, 60] },
    { name: 'small', values: [1, null] },
  ])
})

test('more series or bars than can be told apart are counted, not drawn', () => {
  const many = Array.from({ length: 100 }, (_, index) => index)
  const lines = chooseChart(
    [TIME, NAME, COUNT],
    many.flatMap((index) => [1, 2].map((at) => [`1970-01-01 00:00:0${at}`, `s${index}`, index])),
  )
  expect(lines).toMatchObject({ kind: 'lines', hidden: 100 - MOST_SERIES })
  const bars = chooseChart(
    [NAME, COUNT],
    many.map((index) => [`s${index}`, index]),
  )
  expect(bars).toMatchObject({ kind: 'bars', hidden: 100 - MOST_BARS })
})

test('a text and a number are bars in the order of the rows', () => {
  expect(
    chooseChart(
      [NAME, COUNT],
      [
        ['b', '1'],
        ['a', '2'],
        [null, 3],
      ],
    ),
  ).toEqual({
    kind: 'bars',
    label: 'name',
    value: 'c',
    bars: [
      { label: 'b', value: 1 },
      { label: 'a', value: 2 },
      { label: 'NULL', value: 3 },
    ],
    hidden: 0,
  })
})

test.each([
  ['no rows', [TIME, COUNT], []],
  ['no numbers', [TIME, NAME], [['1970-01-01', 'a']]],
  ['numbers alone', [COUNT, COUNT], [[1, 2]]],
  ['one moment', [TIME, COUNT], [['1970-01-01', 1]]],
  [
    'times that repeat',
    [TIME, COUNT],
    [
      ['1970-01-01', 1],
      ['1970-01-01', 2],
      ['1970-01-02', 2],
    ],
  ],
  [
    'spans: a time, texts and numbers',
    [TIME, NAME, NAME, COUNT],
    [
      ['1970-01-01', 'a', 'b', 1],
      ['1970-01-02', 'a', 'b', 1],
    ],
  ],
])('%s are no chart', (_, columns, rows) => {
  expect(chooseChart(columns, rows as unknown[][])).toBeUndefined()
})

test('only an id of a trace in a column of traces is a link', () => {
  const id = '0af7651916cd43dd8448eb211c80319c'
  expect(traceIdOf(column('trace_id', 'FixedString(32)'), id)).toBe(id)
  expect(traceIdOf(column('TraceId', 'String'), id)).toBe(id)
  expect(traceIdOf(column('md5', 'String'), id)).toBeUndefined()
  expect(traceIdOf(column('trace_id', 'String'), '0'.repeat(32))).toBeUndefined()
  expect(traceIdOf(column('trace_id', 'String'), `${id.slice(0, 31)}"`)).toBeUndefined()
})

const TABLE = {
  columns: [NAME, COUNT, column('tags', 'Map(String, String)'), column('note', 'Nullable(String)')],
  rows: [
    ['tab\there', '18446744073709551615', { a: 'b' }, null],
    ['=HYPERLINK("http://x")', '-2', {}, 'a | b\n`c` <i>'],
  ],
}

test('TSV has one line a row, and a text that a spreadsheet would run is only a text', () => {
  expect(toTsv(TABLE)).toBe(
    'name\tc\ttags\tnote\n' +
      'tab\\there\t18446744073709551615\t{"a":"b"}\t\\N\n' +
      '\'=HYPERLINK("http://x")\t-2\t{}\ta | b\\n`c` <i>\n',
  )
})

test('JSON keeps large integers, nested values and columns with the same name', () => {
  expect(JSON.parse(toJson(TABLE))[0]).toEqual({
    name: 'tab\there',
    c: '18446744073709551615',
    tags: { a: 'b' },
    note: null,
  })
  const same = { columns: [COUNT, COUNT, column('__proto__', 'UInt8')], rows: [[1, 2, 3]] }
  expect(toJson(same)).toBe('[\n  {\n    "c": 1,\n    "c_2": 2,\n    "__proto__": 3\n  }\n]\n')
})

test('Markdown is one table, whatever its cells have', () => {
  expect(toMarkdown(TABLE).split('\n')).toEqual([
    '| name | c | tags | note |',
    '| --- | ---: | --- | --- |',
    '| tab here | 18446744073709551615 | {"a":"b"} | NULL |',
    '| =HYPERLINK("http://x") | -2 | {} | a \\| b \\`c\\` \\<i\\> |',
    '',
  ])
})

test('a cell is one text', () => {
  expect([null, 'a', 1, true, [1, 'x'], { a: 1 }].map(cellText)).toEqual([
    'NULL',
    'a',
    '1',
    'true',
    '[1,"x"]',
    '{"a":1}',
  ])
})

function memory(): Store & { kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  }
}

test('the history has the last fifty statements, each once, the newest first', () => {
  const store = memory()
  for (let index = 0; index < 60; index++) remember(store, `SELECT ${index}`)
  expect(remember(store, ' SELECT 30\n')[0]).toBe('SELECT 30')
  const history = readHistory(store)
  expect(history).toHaveLength(MOST_ENTRIES)
  expect(new Set(history).size).toBe(MOST_ENTRIES)
  expect(history[1]).toBe('SELECT 59')
  forget(store)
  expect(readHistory(store)).toEqual([])
})

test('a store that is full, forbidden or has something else in it is no error', () => {
  const full = {
    ...memory(),
    setItem: () => {
      throw new Error('full')
    },
  }
  expect(remember(full, 'SELECT 1')).toEqual(['SELECT 1'])
  expect(remember(undefined, 'SELECT 1')).toEqual(['SELECT 1'])
  const odd = memory()
  for (const text of ['{', '{"a":1}', '[1, null, "SELECT 1"]']) {
    odd.setItem('spanhouse.sql.history', text)
    expect(readHistory(odd)).toEqual(text.startsWith('[') ? ['SELECT 1'] : [])
  }
  expect(remember(odd, 'x'.repeat(30_000))).toEqual(['SELECT 1'])
})

test('a statement goes into the hash and comes back', () => {
  const sql = 'SELECT \'100%\', "#&?" -- é\n'
  expect(sqlOf(hashOf(sql))).toBe(sql)
  expect(sqlOf('#main')).toBeUndefined()
  expect(sqlOf('#sql=%E0%A4')).toBeUndefined()
})

test('the position of an error is found in its line, also after characters of several bytes', () => {
  const sql = "SELECT 'héé',\n  FORM x"
  const message = `Syntax error: failed at position ${new TextEncoder().encode(sql.slice(0, sql.indexOf('FORM'))).length + 1} (FORM)`
  expect(positionIn(message, sql)).toEqual({
    offset: sql.indexOf('FORM'),
    line: 2,
    column: 3,
    excerpt: '  FORM x\n  ^',
  })
  expect(positionIn('Unknown table', sql)).toBeUndefined()
  expect(positionIn('failed at position 4000', sql)).toBeUndefined()
})

test('a long line is shown around the position', () => {
  const sql = `SELECT ${'a, '.repeat(100)}!, b`
  const at = positionIn(`failed at position ${sql.indexOf('!') + 1} (!)`, sql)
  const [line, caret] = at?.excerpt.split('\n') ?? []
  expect(line?.length).toBeLessThan(80)
  expect(line?.[caret?.indexOf('^') ?? -1]).toBe('!')
})
