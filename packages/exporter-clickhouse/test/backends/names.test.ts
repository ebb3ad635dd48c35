import { expect, test } from 'vitest'
import { choiceOfCode, choiceOfEnvironment } from '../../src/backends/names.js'

test.each([
  ['clickhouse', ['clickhouse']],
  ['otlp', ['otlp']],
  ['clickhouse,otlp', ['clickhouse', 'otlp']],
  [' ClickHouse , console,,clickhouse', ['clickhouse', 'console']],
  ['none', []],
])('%s is understood without a word', (text, names) => {
  expect(choiceOfEnvironment(text)).toMatchObject({ names, problems: [] })
})

test.each([undefined, '', '  ', ','])('unset means otlp: %j', (text) => {
  expect(choiceOfEnvironment(text)).toEqual({
    names: ['otlp'],
    problems: [],
    decidedBy: 'OTEL_TRACES_EXPORTER is not set',
  })
})

test('an unknown name is ignored, with the nearest known one', () => {
  expect(choiceOfEnvironment('clikhouse,otlp')).toEqual({
    names: ['otlp'],
    problems: [
      'OTEL_TRACES_EXPORTER names `clikhouse`, which is unknown (did you mean `clickhouse`?). That name is ignored.',
    ],
    decidedBy: 'OTEL_TRACES_EXPORTER=otlp',
  })
  expect(choiceOfEnvironment('zipkin,otlp').problems).toEqual([
    'OTEL_TRACES_EXPORTER names `zipkin`, which is unknown (known names: clickhouse, otlp, console and none). That name is ignored.',
  ])
})

test('if no known name is left, the variable counts as unset, and that is said', () => {
  expect(choiceOfEnvironment('clikhouse')).toEqual({
    names: ['otlp'],
    problems: [
      'OTEL_TRACES_EXPORTER names `clikhouse`, which is unknown (did you mean `clickhouse`?). It names nothing else, so traces go to otlp, as if it were not set.',
    ],
    decidedBy: 'the default of OTEL_TRACES_EXPORTER',
  })
})

test('none beside others wins, and that is said', () => {
  expect(choiceOfEnvironment('clickhouse,none,otlp')).toEqual({
    names: [],
    problems: [
      'OTEL_TRACES_EXPORTER names `none` together with clickhouse and otlp, so no traces are exported. Remove `none` or the other names.',
    ],
    decidedBy: 'OTEL_TRACES_EXPORTER=clickhouse,none,otlp',
  })
})

test('an endpoint with a password in the place of a name is not repeated', () => {
  const choice = choiceOfEnvironment('https://user:hunter2@db:8443')
  expect(choice.names).toEqual(['otlp'])
  expect(JSON.stringify(choice)).not.toContain('hunter2')
})

test.each([
  ['clickhouse', ['clickhouse']],
  ['clickhouse, otlp', ['clickhouse', 'otlp']],
  [
    ['otlp', 'console'],
    ['otlp', 'console'],
  ],
  [['none'], []],
])('code may name them as a text or a list: %j', (given, names) => {
  expect(choiceOfCode(given)).toEqual({ names, problems: [] })
})

test.each([
  [undefined, 'must be a list of names: clickhouse, otlp, console or none'],
  [['otlp', 7], 'must be a list of names: clickhouse, otlp, console or none'],
  [[], 'names no backend: write `none` to export nothing'],
  ['', 'names no backend: write `none` to export nothing'],
  [['none', 'otlp'], 'names `none` together with others'],
  ['oltp', 'names `oltp`, which is unknown (known names: clickhouse, otlp, console and none)'],
  [
    ['otlp', '__proto__'],
    'names `__proto__`, which is unknown (known names: clickhouse, otlp, console and none)',
  ],
])('every mistake in code is an error: %j', (given, problem) => {
  expect(choiceOfCode(given).problems).toEqual([problem])
})

test.each(['"clickhouse"', "'clickhouse,otlp'"])('quotation marks are named: %s', (text) => {
  expect(choiceOfEnvironment(text).problems.join()).toContain(
    'OTEL_TRACES_EXPORTER contains quotation marks, which are a part of the value here: remove them',
  )
})
