import { DiagLogLevel } from '@opentelemetry/api'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually, flushed, until } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeLog } from '../../../transform/test/logs.js'
import { logRecordProcessorsFromEnv } from '../../src/backends/from-env.js'
import { metricReadersFromEnv } from '../../src/backends/metric-readers.js'
import { switchBackend } from '../../src/backends/switch-backend.js'
import { processWarnings, runsIn } from './backends-kit.js'
// It has the providers of #sdk.
import { nameOf, SIGNALS, type SignalName, variable, waysFrom } from './signals-kit.js'

/** An application in which nothing is installed. */
function runsInNothing() {
  runsIn(`${temporaryDirectory()}/app.js`)
  vi.spyOn(process, 'cwd').mockReturnValue(temporaryDirectory())
  onTestFinished(() => void vi.restoreAllMocks())
}

const RECORDS = { traces: 'spans', logs: 'log records', metrics: 'metrics' }

describe.each(SIGNALS)('%s', (signal) => {
  const name = variable(signal)

  test('go to the ClickHouse of the environment, and one line says so', async () => {
    const server = await scriptedServer()
    const lines = diagLines(DiagLogLevel.INFO)
    const ways = waysFrom(signal, {
      [name]: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    })
    ways.make(2)
    await ways.flush()
    expect(server.rows).toHaveLength(2)
    expect(lines.filter((line) => line.includes(' go to '))).toEqual([
      expect.stringMatching(
        new RegExp(`^spanhouse: ${signal} go to clickhouse \\(${name}=clickhouse\\); `),
      ),
    ])
  })

  test('with none go nowhere, and one line says so', async () => {
    const lines = diagLines(DiagLogLevel.INFO)
    const ways = waysFrom(signal, { [name]: 'none' })
    ways.make(1)
    await ways.flush()
    expect(lines).toEqual([`spanhouse: no ${signal} are exported (${name}=none)`])
  })

  test.each([
    ['protobuf', {}, 'application/x-protobuf'],
    ['JSON', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, 'application/json'],
    [
      'JSON, for this signal',
      {
        [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`]: 'http/json',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      },
      'application/json',
    ],
  ])('go to otlp by default, by the official exporter for %s', async (_, env, type) => {
    const collector = await scriptedServer()
    const lines = diagLines(DiagLogLevel.INFO)
    const ways = waysFrom(signal, { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    ways.make(3)
    await ways.flush()
    expect(collector.requests.map(({ path, headers }) => [path, headers['content-type']])).toEqual([
      [`/v1/${signal}`, type],
    ])
    expect(lines).toContain(`spanhouse: ${signal} go to otlp (${name} is not set)`)
  })

  test('go to both at once', async () => {
    const server = await scriptedServer()
    const env = {
      [name]: 'otlp,clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
    }
    const both = waysFrom(signal, env)
    both.make(2)
    await both.flush()
    expect(server.requests.map(({ path }) => path)).toContain(`/v1/${signal}`)
    expect(server.rows).toHaveLength(2)
  })

  test('that no collector has ever taken are noticed', async () => {
    const warnings = processWarnings()
    const ways = waysFrom(signal, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
    })
    ways.make(1)
    await ways.flush().catch(() => {})
    await eventually(() => expect(warnings).toHaveLength(1))
    expect(warnings[0]).toMatch(new RegExp(`^otlp has taken no ${RECORDS[signal]}: `))
    expect(warnings[0]).toMatch(
      new RegExp(` Is a collector running there\\? For ClickHouse, set ${name}=clickhouse\\.$`),
    )
  })

  test('with a wrong name go to otlp, and a warning names the variable', async () => {
    const lines = diagLines()
    const collector = await scriptedServer()
    waysFrom(signal, { [name]: 'clikhouse', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
    expect(lines).toEqual([
      `spanhouse: ${name} names \`clikhouse\`, which is unknown (did you mean \`clickhouse\`?). It names nothing else, so ${signal} go to otlp, as if it were not set.`,
    ])
  })
})

test('ClickHouse that is configured and not asked for is doubted for each signal, on stderr once', async () => {
  const warnings = processWarnings()
  const lines = diagLines()
  const { url } = await scriptedServer()
  for (const signal of SIGNALS)
    waysFrom(signal, {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://h:8123',
    })
  expect(lines).toEqual(
    SIGNALS.map((signal) =>
      expect.stringContaining(`but ${variable(signal)} is not, so ${signal} go to otlp`),
    ),
  )
  await eventually(() => expect(warnings).toHaveLength(1))
})

test('ClickHouse that a signal asks for is not doubted for the others', async () => {
  const lines = diagLines()
  const { url } = await scriptedServer()
  waysFrom('logs', {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://h:8123',
    OTEL_TRACES_EXPORTER: 'clickhouse,otlp',
  })
  expect(lines).toEqual([])
})

describe('logs', () => {
  test('for otlp are gathered as OTEL_BLRP_* say', async () => {
    const collector = await scriptedServer()
    const lines = diagLines()
    const ways = waysFrom('logs', {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: '3',
      OTEL_BLRP_SCHEDULE_DELAY: '86400000',
      OTEL_BLRP_EXPORT_TIMEOUT: 'soon',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    })
    ways.make(7)
    await ways.flush()
    expect(collector.requests).toHaveLength(3)
    expect(lines).toEqual([
      'spanhouse: OTEL_BLRP_EXPORT_TIMEOUT must be a whole number of milliseconds, at least 1, not `soon`. It is ignored, as if it were not set.',
    ])
  })

  test('go to ClickHouse although otlp is not installed, and one warning has the command for it', async () => {
    runsInNothing()
    const server = await scriptedServer()
    const warnings = processWarnings()
    await using processors = logRecordProcessorsFromEnv({
      OTEL_LOGS_EXPORTER: 'otlp,clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    })
    processors[0]?.onEmit(makeLog())
    await flushed(processors[0] as (typeof processors)[number])
    expect(server.rows).toHaveLength(1)
    await eventually(() =>
      expect(warnings).toEqual([
        'no logs go to otlp (OTEL_LOGS_EXPORTER=otlp,clickhouse): @opentelemetry/exporter-logs-otlp-proto is not installed: npm install @opentelemetry/exporter-logs-otlp-proto.',
      ]),
    )
  })

  test('for the console are printed', async () => {
    const dir = vi.spyOn(console, 'dir').mockImplementation(() => {})
    onTestFinished(() => dir.mockRestore())
    const ways = waysFrom('logs', { OTEL_LOGS_EXPORTER: 'console' })
    ways.make(1)
    await ways.flush()
    expect(dir.mock.calls).toMatchObject([[{ body: 'record 1' }, {}]])
  })
})

describe('metrics', () => {
  test('are collected as often as OTEL_METRIC_EXPORT_INTERVAL says', async () => {
    const server = await scriptedServer()
    const ways = waysFrom('metrics', {
      OTEL_METRICS_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_METRIC_EXPORT_INTERVAL: '20',
    })
    ways.make(1)
    await until(() => server.inserts.length >= 3)
  })

  test('are collected although OTEL_METRIC_EXPORT_TIMEOUT is longer, which a warning says', async () => {
    const server = await scriptedServer()
    const lines = diagLines()
    const ways = waysFrom('metrics', {
      OTEL_METRICS_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
      OTEL_METRIC_EXPORT_TIMEOUT: '6000',
    })
    ways.make(1)
    await ways.flush()
    expect(server.rows).toHaveLength(1)
    expect(lines).toEqual([
      'spanhouse: OTEL_METRIC_EXPORT_TIMEOUT (6000 ms) is longer than OTEL_METRIC_EXPORT_INTERVAL (5000 ms), so the interval is the timeout too.',
    ])
  })

  const valuesIn = (rows: Record<string, unknown>[]) => rows.map((row) => row['value'])

  test('have in ClickHouse the temporality of our variable', async () => {
    const server = await scriptedServer()
    const ways = waysFrom('metrics', {
      OTEL_METRICS_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_METRICS_TEMPORALITY_PREFERENCE: 'delta',
    })
    for (let n = 0; n < 2; n++) {
      ways.make(1)
      await ways.flush()
    }
    expect(valuesIn(server.rows)).toEqual([1, 1])
  })

  test.each([
    [{ OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta' }, [1, 1]],
    [{}, [2, 2]],
  ])(
    'have for otlp the temporality of the official exporter’s variable: %j',
    async (env, kinds) => {
      const collector = await scriptedServer()
      const ways = waysFrom('metrics', {
        ...env,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      })
      for (let n = 0; n < 2; n++) {
        ways.make(1)
        await ways.flush()
      }
      const sent = collector.requests.map(
        ({ body }) => JSON.parse(body.toString()).resourceMetrics[0].scopeMetrics[0].metrics[0].sum,
      )
      expect(sent.map((sum) => sum.aggregationTemporality)).toEqual(kinds)
    },
  )

  test('for the console are printed', async () => {
    const dir = vi.spyOn(console, 'dir').mockImplementation(() => {})
    onTestFinished(() => dir.mockRestore())
    const ways = waysFrom('metrics', { OTEL_METRICS_EXPORTER: 'console' })
    ways.make(1)
    await ways.flush()
    expect(dir.mock.calls).toMatchObject([[{ descriptor: { name: 'counter' } }, {}]])
  })

  test.each([
    ['clickhouse', '@opentelemetry/sdk-metrics is not installed: npm install'],
    ['otlp', '@opentelemetry/exporter-metrics-otlp-proto is not installed: npm install'],
    ['prometheus', '@opentelemetry/exporter-prometheus is not installed: npm install'],
    ['console', '@opentelemetry/sdk-metrics is not installed: npm install'],
  ])('for %s need what is installed, and a warning has the command for it', (name, text) => {
    runsInNothing()
    const lines = diagLines()
    expect(metricReadersFromEnv({ OTEL_METRICS_EXPORTER: name })).toHaveLength(0)
    expect(lines).toEqual([expect.stringContaining(`no metrics go to ${name} `)])
    expect(lines[0]).toContain(text)
  })

  test('are delivered when the block of their readers ends', async () => {
    const server = await scriptedServer()
    const ways = waysFrom('metrics', {
      OTEL_METRICS_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    })
    ways.make(2)
    await ways.shutdown()
    expect(server.rows.map(nameOf)).toEqual(['1', '2'])
    await using readers = metricReadersFromEnv({ OTEL_METRICS_EXPORTER: 'none' })
    expect(readers).toEqual([])
  })
})

describe('switchBackend()', () => {
  const scene = async (signals: SignalName[]) => {
    const [server, collector] = [await scriptedServer(), await scriptedServer()]
    const env = (signal: SignalName) => ({
      [variable(signal)]: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    })
    const ways = signals.map((signal) => waysFrom(signal, env(signal)))
    const made = async () => {
      for (const one of ways) one.make(1)
      await Promise.all(ways.map((one) => one.flush()))
    }
    return { server, collector, made }
  }

  test('changes logs as well as traces, and loses no record', async () => {
    const { server, collector, made } = await scene(['traces', 'logs'])
    await made()
    await switchBackend('otlp')
    await made()
    await switchBackend('clickhouse')
    await made()
    expect(server.rows.map(nameOf).toSorted()).toEqual(['record 1', 'record 1', 'span 1', 'span 1'])
    expect(collector.requests.map(({ path }) => path).toSorted()).toEqual([
      '/v1/logs',
      '/v1/traces',
    ])
  })

  test('changes only the signals that it is told', async () => {
    const { server, collector, made } = await scene(['traces', 'logs'])
    await switchBackend('otlp', { signals: ['logs'] })
    await made()
    expect(server.rows.map(nameOf)).toEqual(['span 1'])
    expect(collector.requests.map(({ path }) => path)).toEqual(['/v1/logs'])
  })

  test('cannot change metrics, and says so', async () => {
    const { server, made } = await scene(['metrics'])
    await expect(switchBackend('otlp')).rejects.toThrow('has nothing to change')
    for (const signals of [['metrics'], [], ['log'], 7] as never[])
      await expect(switchBackend('otlp', { signals })).rejects.toThrow(
        'takes as `signals` a list of traces and logs; metric readers cannot be changed',
      )
    await made()
    expect(server.rows).toHaveLength(1)
  })
})
