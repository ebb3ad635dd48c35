import {
  defineTable,
  flatLogs,
  flatMetrics,
  flatTraces,
  type LogRecordLike,
  type MetricPointLike,
  otelLogs,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../src/common/errors.js'
import type { Config, DestinationConfig, Signal } from '../../src/config/config.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { SIGNALS } from '../../src/config/signal.js'
import { env, envWithFile, MiB, P, table } from './config-kit.js'

type Variables = Record<string, string>

function parsed(signal: Signal, options: unknown = {}, variables: Variables = {}): Config {
  return parseConfig(signal, options as Options<never>, env(variables)) as Config
}

function only(signal: Signal, options: unknown = {}, variables: Variables = {}): DestinationConfig {
  const { destinations, doubts } = parsed(signal, options, variables)
  expect(doubts).toEqual([])
  expect(destinations).toHaveLength(1)
  return destinations[0] as DestinationConfig
}

function tablesOf({ targets }: DestinationConfig): string[] {
  return targets.map((one) => `${one.database}.${one.table}`)
}

function problemsOf(signal: Signal, options: unknown, variables: Variables = {}) {
  try {
    parsed(signal, options, variables)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).problems
  }
}

const FIVE = ['gauge', 'sum', 'histogram', 'exponential_histogram', 'summary'] as const

describe('the tables of each signal', () => {
  test.each([
    ['traces', 'flat', [flatTraces], ['telemetry.traces']],
    ['logs', 'flat', [flatLogs], ['telemetry.logs']],
    ['metrics', 'flat', [flatMetrics], ['telemetry.metrics']],
    ['traces', 'otel', [otelTraces], ['default.otel_traces']],
    ['logs', 'otel', [otelLogs], ['default.otel_logs']],
    [
      'metrics',
      'otel',
      [
        otelMetricsGauge,
        otelMetricsSum,
        otelMetricsHistogram,
        otelMetricsExponentialHistogram,
        otelMetricsSummary,
      ],
      FIVE.map((type) => `default.otel_metrics_${type}`),
    ],
  ] as const)('%s, %s', (signal, schema, schemas, names) => {
    const config = only(signal, { schema })
    expect(config.signal).toBe(signal)
    expect(config.targets.map((one) => one.schema)).toEqual(schemas)
    expect(tablesOf(config)).toEqual(names)
    expect(config.targetOf === undefined).toBe(schemas.length === 1)
    if (schema === 'flat') expect(tablesOf(only(signal))).toEqual(names)
  })

  test('a data point goes to the table of its type', () => {
    const { targetOf } = only('metrics', { schema: 'otel' }) as DestinationConfig<MetricPointLike>
    const indexes = FIVE.map((type) => targetOf?.({ metric: { type } } as MetricPointLike))
    expect(indexes).toEqual([0, 1, 2, 3, 4])
  })

  test('each of the five has a name of its own', () => {
    const tables = { gauge: 'g', exponentialHistogram: 'e' }
    const config = only('metrics', { schema: 'otel', ttl: 7, metrics: { tables, database: 'm' } })
    const others = ['sum', 'histogram', 'summary'].map((type) => `m.otel_metrics_${type}`)
    expect(tablesOf(config)).toEqual(['m.g', others[0], others[1], 'm.e', others[2]])
    expect(config.targets.map((one) => one.creation.ttl)).toEqual([7, 7, 7, 7, 7])
    expect(
      tablesOf(only('metrics', {}, { SCHEMA: 'otel', METRICS_TABLES_SUMMARY: 's' })).at(-1),
    ).toBe('default.s')
  })

  const ofLogs = defineTable<LogRecordLike>({
    name: 'my_logs',
    columns: [{ name: 'body', type: 'String', value: ({ body }) => body }],
    orderBy: 'body',
  })
  const ofMetrics = defineTable<MetricPointLike>({
    name: 'my_metrics',
    columns: [{ name: 'name', type: 'String', value: ({ metric }) => metric.name }],
    orderBy: 'name',
  })

  test.each([
    ['logs', ofLogs],
    ['metrics', ofMetrics],
    ['traces', table('my_traces')],
  ] as const)('%s take a table of the user’s own, in the group or beside it', (signal, schema) => {
    for (const options of [{ schema }, { [signal]: { schema } }]) {
      const config = only(signal, options)
      expect(config.targets).toEqual([
        { database: 'default', table: schema.name, schema, creation: { ttl: undefined } },
      ])
      expect(config.targets[0].schema).toBe(schema)
      expect(config.targetOf).toBeUndefined()
    }
  })

  test('the types of the options know which rows a table is for', () => {
    parseConfig('logs', { schema: ofLogs, metrics: { schema: ofMetrics } }, {})
    parseConfig('metrics', { schema: ofMetrics, logs: { schema: ofLogs } }, {})
    // @ts-expect-error a table of spans
    parseConfig('logs', { schema: flatTraces }, {})
    // @ts-expect-error a table of spans
    parseConfig('metrics', { logs: { schema: table('x') } }, {})
    // @ts-expect-error a table of log records
    const spans: Options = { schema: ofLogs }
    expect(spans).toBeDefined()
  })
})

describe('the options of a group are for that signal alone', () => {
  const group = {
    database: 'd',
    table: 't',
    ttl: 5,
    batch: { maxRows: 5 },
    queue: { maxBytes: MiB },
    asyncInsert: true,
  }

  test.each(SIGNALS)('%s', (signal) => {
    const options = { batch: { maxRows: 3, maxDelayMs: 3 }, ttl: 3, [signal]: group }
    const config = only(signal, options)
    expect(config).toMatchObject({
      targets: [{ database: 'd', table: 't', creation: { ttl: 5 } }],
      batch: { maxRows: 5, maxDelayMs: 3, maxBytes: 8 * MiB },
      queue: { maxBytes: MiB, whenFull: 'drop_oldest' },
      asyncInsert: true,
    })
    for (const other of SIGNALS.filter((one) => one !== signal)) {
      const plain = only(other, { batch: { maxRows: 3, maxDelayMs: 3 }, ttl: 3 })
      expect(only(other, options)).toEqual(plain)
    }
  })

  test.each(SIGNALS)('%s, from the environment', (signal) => {
    const part = signal.toUpperCase()
    const variables = {
      [`${part}_DATABASE`]: 'd',
      [`${part}_TABLE`]: 't',
      [`${part}_TTL`]: '5s',
      [`${part}_BATCH_MAX_ROWS`]: '5',
      [`${part}_QUEUE_MAX_BYTES`]: '1MiB',
      [`${part}_ASYNC_INSERT`]: 'true',
    }
    expect(only(signal, {}, variables)).toEqual(only(signal, { [signal]: group }))
  })

  test.each(SIGNALS)('%s, from a file, and in a destination', (signal) => {
    const destinations = [{ name: 'b', endpoint: 'http://b', [signal]: group }]
    const file = parseConfig(signal, {}, envWithFile({ destinations }))
    expect(file.destinations).toEqual(parsed(signal, { destinations }).destinations)
    expect(file.destinations[0]).toMatchObject({ batch: { maxRows: 5 }, asyncInsert: true })
  })

  test.each(SIGNALS)('%s, in a URL', (signal) => {
    const query = `${signal}.database=d&${signal}.table=t&${signal}.ttl=5s&${signal}.batch.max_rows=5&${signal}.queue.maxBytes=1MiB&${signal}.async_insert=1`
    const endpoint = `http://localhost:8123/?${query}`
    for (const one of SIGNALS)
      expect(only(one, { endpoint })).toEqual(only(one, { [signal]: group }))
  })

  test('a destination’s own options are stronger than a group outside the list', () => {
    const options = {
      logs: { batch: { maxRows: 1 }, ttl: 1 },
      destinations: [{ name: 'b', endpoint: 'http://b', batch: { maxRows: 2 } }],
    }
    expect(only('logs', options)).toMatchObject({
      batch: { maxRows: 2 },
      targets: [{ creation: { ttl: 1 } }],
    })
  })

  test('of two sources the stronger decides, whether it names the signal or not', () => {
    const variables = { LOGS_BATCH_MAX_ROWS: '1', LOGS_TTL: '1s', BATCH_MAX_BYTES: '1' }
    const options = { batch: { maxRows: 2 }, logs: { batch: { maxBytes: 2 } } }
    const { batch, targets } = only('logs', options, variables)
    expect([batch.maxRows, batch.maxBytes, targets[0].creation.ttl]).toEqual([2, 2, 1])
    expect(only('traces', options, variables).batch).toMatchObject({ maxRows: 2, maxBytes: 1 })
  })

  test('the shared options and those of a group are merged as if one of them were a layer below', () => {
    const values = fc.record(
      {
        database: fc.constantFrom('x', 'y'),
        ttl: fc.constantFrom(1, 2),
        batch: fc.record(
          { maxRows: fc.constantFrom(1, 2), maxBytes: fc.constantFrom(1, 2) },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: [] },
    )
    const signals = fc.constantFrom(...SIGNALS)
    fc.assert(
      fc.property(signals, values, values, values, (signal, file, shared, own) => {
        const all = { ...file, ...shared, ...own }
        const batch = { ...file.batch, ...shared.batch, ...own.batch }
        const variables = envWithFile(file)
        const options = { ...shared, [signal]: own }
        expect(parseConfig(signal, options, variables)).toEqual(parsed(signal, { ...all, batch }))
      }),
      { numRuns: 60 },
    )
  })
})

describe('`table` beside the groups', () => {
  test.each(SIGNALS)('is in code that of the exporter’s own signal: %s', (signal) => {
    expect(tablesOf(only(signal, { table: 'x' }))).toEqual(['telemetry.x'])
    const variables = { TABLE: 'y', [`${signal.toUpperCase()}_TABLE`]: 'z' }
    expect(tablesOf(only(signal, { table: 'x' }, variables))).toEqual(['telemetry.x'])
  })

  test.each<[string, (signal: Signal) => Config]>([
    ['a file', (signal) => parseConfig(signal, {}, envWithFile({ table: 'x' })) as Config],
    ['a variable', (signal) => parsed(signal, {}, { TABLE: 'x' })],
    ['a URL', (signal) => parsed(signal, { endpoint: 'http://h?table=x' })],
  ])('is in %s that of the spans', (_, of) => {
    const tables = SIGNALS.map((signal) => tablesOf(of(signal).destinations[0] as never)[0])
    expect(tables).toEqual(['telemetry.x', 'telemetry.logs', 'telemetry.metrics'])
  })

  test('in a destination of the list is stronger than one outside', () => {
    const list = (own: object) => ({
      table: 'x',
      schema: 'flat',
      destinations: [{ name: 'b', endpoint: 'http://b', ...own }],
    })
    expect(tablesOf(only('logs', list({})))).toEqual(['telemetry.x'])
    expect(tablesOf(only('logs', list({ table: 'y' })))).toEqual(['telemetry.y'])
    expect(tablesOf(only('logs', list({ logs: { table: 'z' } })))).toEqual(['telemetry.z'])
  })
})

describe('the signals of a destination', () => {
  test('limit what it gets', () => {
    const options = {
      endpoint: 'http://a',
      signals: ['traces', 'logs'],
      destinations: [
        { name: 'b', endpoint: 'http://b', signals: ['metrics'] },
        { name: 'c', endpoint: 'http://c' },
      ],
    }
    const names = (signal: Signal) => parsed(signal, options).destinations.map((one) => one.name)
    expect(SIGNALS.map(names)).toEqual([['primary', 'c'], ['primary', 'c'], ['b']])
  })

  test('come from a variable or a URL too, in any case and with spaces', () => {
    const variables = {
      SIGNALS: 'Traces, logs',
      DESTINATIONS: 'b',
      B_ENDPOINT: 'http://b?signals=metrics',
      ENDPOINT: 'http://a',
    }
    const names = (signal: Signal) =>
      parsed(signal, {}, variables).destinations.map((one) => one.name)
    expect(SIGNALS.map(names)).toEqual([['primary'], ['primary'], ['b']])
  })

  test.each(SIGNALS)('may leave %s out of all: one warning says so', (signal) => {
    const signals = SIGNALS.filter((one) => one !== signal)
    const { destinations, doubts, summary } = parsed(signal, { signals })
    expect(destinations).toEqual([])
    expect(doubts).toEqual([
      `no destination takes ${signal}: the option \`signals\` leaves them out everywhere.`,
    ])
    expect(summary).toContain('no destination')
    for (const one of signals) expect(parsed(one, { signals }).doubts).toEqual([])
  })

  test.each<[unknown, string]>([
    [['trace'], "signals.0 must be 'traces', 'logs' or 'metrics': did you mean 'traces'?"],
    [['x'], "signals.0 must be 'traces', 'logs' or 'metrics' (received \"x\")"],
    [[], 'signals must not be empty (received an array)'],
    ['traces', 'signals must be a list (received "traces")'],
    [Array(99).fill('logs'), 'signals: 99 are too many: at most 3 are allowed'],
  ])('%o is a mistake', (signals, problem) => {
    expect(problemsOf('logs', { signals })).toEqual([problem])
  })

  test.each([
    ['traces,log', ": each name must be 'traces', 'logs' or 'metrics': did you mean 'logs'?"],
    ['traces;logs', ": each name must be 'traces', 'logs' or 'metrics'."],
    [',', ": each name must be 'traces', 'logs' or 'metrics'."],
    ['logs,logs,logs,logs', ': 4 are too many: at most 3 are allowed.'],
  ])('a variable with %s is ignored and said', (text, why) => {
    const { destinations, doubts } = parsed('logs', {}, { SIGNALS: text })
    expect(destinations).toHaveLength(1)
    expect(doubts).toHaveLength(1)
    expect(doubts[0]).toContain(`${P}SIGNALS${why}`)
  })
})

describe('the temporality of metrics', () => {
  test('is one for all destinations: cumulative unless delta is asked for', () => {
    expect(parsed('metrics').temporality).toBe('cumulative')
    expect(parsed('metrics', { metrics: { temporality: 'delta' } }).temporality).toBe('delta')
    const variables = { METRICS_TEMPORALITY_PREFERENCE: 'DELTA' }
    expect(parsed('metrics', {}, variables).temporality).toBe('delta')
    const code = { metrics: { temporality: 'cumulative' } }
    expect(parsed('metrics', code, variables).temporality).toBe('cumulative')
  })

  test('in a destination is a mistake that says where it belongs', () => {
    const metrics = { temporality: 'delta' }
    const destinations = [{ name: 'b', endpoint: 'http://b', metrics }]
    expect(problemsOf('metrics', { destinations })).toEqual([
      'destinations.0.metrics.temporality is not an option: it applies to all destinations, so set it outside `destinations`',
    ])
  })

  test('that a variable cannot have is ignored', () => {
    const { doubts } = parsed('metrics', {}, { METRICS_TEMPORALITY_PREFERENCE: 'lowmemory' })
    expect(doubts).toEqual([
      `${P}METRICS_TEMPORALITY_PREFERENCE must be 'cumulative' or 'delta'. It is ignored; the default is used: cumulative.`,
    ])
  })
})

test('limits of attributes are for spans and logs: without an attribute, series of metrics could not be told apart', () => {
  const options = { limits: { attributeCount: 3, rowBytes: 100 } }
  const limits = SIGNALS.map((signal) => parsed(signal, options).limits)
  expect(limits).toEqual([{ attributeCount: 3 }, { attributeCount: 3 }, {}])
  for (const signal of SIGNALS) expect(parsed(signal, options).maxRowBytes).toBe(100)
})

describe('tables that cannot be', () => {
  test.each(SIGNALS)('two signals with one table are a mistake, for %s', (signal) => {
    const options = { traces: { table: 'x' }, logs: { table: 'x' } }
    expect(problemsOf(signal, options)).toEqual([
      'traces and logs have the same table, "x": give each a table of its own, or leave one out of `signals`',
    ])
  })

  test.each<[string, object]>([
    ['databases are different', { traces: { table: 'x', database: 'd' }, logs: { table: 'x' } }],
    ['one of the signals is not taken', { signals: ['logs'], traces: { table: 'logs' } }],
    [
      'the schema is the same object',
      (() => {
        const schema = table('x')
        return { traces: { schema }, logs: { schema } }
      })(),
    ],
  ])('but not if %s', (_, options) => {
    expect(problemsOf('logs', options)).toEqual([])
  })

  test('nor if the tables are of two destinations', () => {
    const destinations = [
      { name: 'a', endpoint: 'http://a', traces: { table: 'x' } },
      { name: 'b', endpoint: 'http://b', logs: { table: 'x' } },
    ]
    expect(problemsOf('logs', { destinations })).toEqual([])
  })

  test('a variable that gives a signal the table of another is ignored', () => {
    const { doubts, destinations } = parsed('logs', {}, { LOGS_TABLE: 'traces' })
    expect(doubts).toEqual([
      `${P}LOGS_TABLE cannot be used: traces and logs have the same table, "traces": give each a table of its own, or leave one out of \`signals\`. It is ignored.`,
    ])
    expect(tablesOf(destinations[0] as never)).toEqual(['telemetry.logs'])
  })

  test('a variable with the database is not ignored if one with a table is to blame', () => {
    const variables = { DATABASE: 'd', LOGS_TABLE: 'traces' }
    const { doubts, destinations } = parsed('logs', {}, variables)
    expect(doubts).toEqual([expect.stringContaining(`${P}LOGS_TABLE cannot be used: `)])
    expect(tablesOf(destinations[0] as never)).toEqual(['d.logs'])
  })

  test('a variable that moves one table onto another is ignored, and code is not blamed for it', () => {
    const code = { traces: { table: 'x', database: 'a' }, logs: { table: 'x' } }
    const { doubts, destinations } = parsed('logs', code, { LOGS_DATABASE: 'a' })
    expect(doubts).toEqual([expect.stringContaining(`${P}LOGS_DATABASE cannot be used: `)])
    expect(tablesOf(destinations[0] as never)).toEqual(['telemetry.x'])
  })

  test('spans may have a table that is called logs where nobody names the table of logs', () => {
    const { doubts, destinations } = parsed('traces', {}, { TABLE: 'logs' })
    expect(doubts).toEqual([])
    expect(tablesOf(destinations[0] as never)).toEqual(['telemetry.logs'])
  })

  test('in a URL, only the part that contradicts is ignored', () => {
    const ENDPOINT = 'http://h/?table=x&logs.table=x&ttl=5s'
    const { doubts, destinations } = parsed('logs', {}, { ENDPOINT })
    expect(doubts).toContainEqual(expect.stringContaining('That part of the URL is ignored.'))
    expect(destinations[0]?.targets).toMatchObject([{ table: 'logs', creation: { ttl: 5 } }])
  })

  test('two of the five tables of metrics cannot be one', () => {
    const metrics = { schema: 'otel', tables: { gauge: 'm', summary: 'm' } }
    expect(problemsOf('traces', { metrics })).toEqual([
      'metrics.tables.gauge and metrics.tables.summary have the same table, "m": give each a table of its own',
    ])
  })

  test.each<[string, Signal, object]>([
    ['in the group', 'traces', { schema: 'otel', metrics: { table: 'm' } }],
    ['beside it', 'metrics', { schema: 'otel', table: 'm' }],
  ])('one name for the five tables of metrics is a mistake: %s', (_, signal, options) => {
    expect(problemsOf(signal, options)).toEqual([
      'metrics.table: the schema `otel` has five tables for metrics: name them in `metrics.tables`',
    ])
  })

  test('five names for one table of metrics are a mistake', () => {
    const problem =
      'metrics.tables is for the schema `otel` alone: name the table in `metrics.table`'
    expect(problemsOf('metrics', { metrics: { tables: { gauge: 'g' } } })).toEqual([problem])
    const destinations = [{ name: 'b', endpoint: 'http://b', metrics: { tables: { sum: 's' } } }]
    expect(problemsOf('metrics', { destinations })).toEqual([`destinations[b].${problem}`])
  })

  test('a variable that contradicts the tables of a file is ignored, and the file is not blamed for it', () => {
    const variables = envWithFile({ metrics: { schema: 'otel', tables: { sum: 's' } } })
    const given = { ...variables, [`${P}METRICS_SCHEMA`]: 'flat' }
    const { doubts, destinations } = parseConfig('metrics', {}, given)
    expect(doubts).toEqual([expect.stringContaining(`${P}METRICS_SCHEMA cannot be used: `)])
    expect(destinations[0]?.targets).toHaveLength(5)
  })

  test('what a name may hide is not shown', () => {
    const hidden = { table: 'http://u:canary@h' }
    const [problem] = problemsOf('logs', { traces: hidden, logs: hidden })
    expect(problem).toMatch(/same table, a value not shown/)
  })
})

describe('destinations with the name of a signal', () => {
  test.each(SIGNALS)('%s cannot be named in a variable', (name) => {
    const { doubts } = parsed('traces', {}, { DESTINATIONS: name })
    expect(doubts).toEqual([
      expect.stringContaining(
        `cannot name "${name}": variables such as ${P}${name.toUpperCase()}_…`,
      ),
    ])
  })

  const destinations = [{ name: 'logs', endpoint: 'http://l' }]

  test('may stand in code, and a variable that may mean two things is that of the signal', () => {
    const { doubts, destinations: found } = parsed(
      'traces',
      { destinations },
      { LOGS_TTL: '5s', LOGS_PASSWORD: 'p' },
    )
    expect(doubts).toEqual([
      `${P}LOGS_TTL may also mean \`ttl\` of the destination logs. It is taken as \`logs.ttl\`: rename the destination if that is wrong.`,
    ])
    expect(found).toMatchObject([{ password: 'p', targets: [{ creation: { ttl: undefined } }] }])
    const ofLogs = parsed('logs', { destinations }, { LOGS_TTL: '5s' }).destinations
    expect(ofLogs).toMatchObject([{ targets: [{ creation: { ttl: 5 } }] }])
  })

  test('a variable may also be that of the destination with the longer name', () => {
    const variables = {
      DESTINATIONS: 'a,a-logs',
      A_ENDPOINT: 'http://a',
      A_LOGS_ENDPOINT: 'http://al',
      A_LOGS_BATCH_MAX_ROWS: '5',
    }
    const { doubts, destinations: found } = parsed('logs', {}, variables)
    expect(doubts).toEqual([
      `${P}A_LOGS_BATCH_MAX_ROWS may also mean \`logs.batch.maxRows\` of the destination a. It is taken as \`batch.maxRows\` of the destination a-logs: rename the destination if that is wrong.`,
    ])
    expect(found.map(({ batch }) => batch.maxRows)).toEqual([10_000, 5])
  })

  test('nothing is said of a variable for an option that code decides', () => {
    const { doubts } = parsed('logs', { destinations, logs: { ttl: 7 } }, { LOGS_TTL: '5s' })
    expect(doubts).toEqual([])
  })
})

test('a variable of a signal that cannot be used says what is used instead', () => {
  const doubtOf = (variables: Variables, options: object = {}) =>
    parsed('logs', options, variables).doubts
  expect(doubtOf({ LOGS_BATCH_MAX_ROWS: '0', BATCH_MAX_ROWS: '7' })).toEqual([
    expect.stringContaining(`It is ignored; the value of ${P}BATCH_MAX_ROWS is used.`),
  ])
  const { doubts } = parseConfig(
    'logs',
    {},
    envWithFile({ logs: { ttl: 7 } }, { LOGS_TTL: '0s', LOGS_TABLE: '' }),
  )
  expect(doubts).toEqual([
    expect.stringMatching(/; the value of .*spanhouse\.json:1:\d+ is used\.$/),
  ])
  expect(doubtOf({ LOGS_BATCH_MAX_ROWS: '0' })).toEqual([
    expect.stringContaining('It is ignored; the default is used: 10000.'),
  ])
  expect(doubtOf({ LOGS_BATCH_MAX_ROWS: '0' }, { batch: { maxRows: 7 } })).toEqual([])
  expect(doubtOf({ LOGS_TABEL: 't' })).toEqual([
    `${P}LOGS_TABEL is not known: did you mean ${P}LOGS_TABLE? It is ignored.`,
  ])
})

test('a server for one signal is a destination of its own', () => {
  const { doubts } = parsed('logs', {}, { LOGS_ENDPOINT: 'http://l' })
  expect(doubts).toEqual([
    `${P}LOGS_ENDPOINT is not known: for logs alone, it must be that of a destination with SIGNALS=logs. It is ignored.`,
  ])
  const list = { DESTINATIONS: 'l', L_ENDPOINT: 'http://l', L_SIGNALS: 'logs' }
  const all = { ...list, ENDPOINT: 'http://a', SIGNALS: 'traces,metrics' }
  const hosts = SIGNALS.map((signal) => only(signal, {}, all).endpoint.host)
  expect(hosts).toEqual(['a', 'l', 'a'])
})

test.each([
  ['METRICS_TEMPORALITY', 'METRICS_TEMPORALITY_PREFERENCE'],
  ['TEMPORALITY_PREFERENCE', 'METRICS_TEMPORALITY_PREFERENCE'],
  ['LOGS_BATCH_MAX_DELAY_MS', 'LOGS_BATCH_MAX_DELAY'],
  ['LOG_TABLE', 'LOGS_TABLE'],
  ['METRICS_TABLES_GAUGES', 'METRICS_TABLES_GAUGE'],
])('%s is answered with %s', (written, meant) => {
  const { doubts } = parsed('metrics', {}, { [written]: 'x' })
  expect(doubts).toEqual([`${P}${written} is not known: did you mean ${P}${meant}? It is ignored.`])
})

test('the line at the start names the signal and all of its tables', () => {
  const options = { endpoint: 'http://h', metrics: { schema: 'otel', database: 'm' } }
  const summaries = SIGNALS.map((signal) => parsed(signal, options).summary)
  expect(summaries).toEqual([
    'primary is h, table telemetry.traces (flat, endpoint from code)',
    'logs: primary is h, table telemetry.logs (flat, endpoint from code)',
    'metrics: primary is h, tables m.otel_metrics_gauge, otel_metrics_sum, otel_metrics_histogram, otel_metrics_exponential_histogram, otel_metrics_summary (otel, endpoint from code)',
  ])
})
