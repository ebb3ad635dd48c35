import { describe, expect, test } from 'vitest'
import { freePort } from '../kit/free-port.js'
import { LONG } from '../kit/patience.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { appWith, registeredBy, run } from './app.js'
import { useClickHouse } from './clickhouse.js'

const clickhouse = useClickHouse()
const ALL = {
  OTEL_TRACES_EXPORTER: 'clickhouse',
  OTEL_LOGS_EXPORTER: 'clickhouse',
  OTEL_METRICS_EXPORTER: 'clickhouse',
}
const named = (...names: string[]) => names.map((name) => `@opentelemetry/${name}`)
const APIS = { 2: named('api', 'api-logs'), 3: named('api') }
const WHOLE = { 2: [...APIS[2], ...named('sdk-node')], 3: [...APIS[3], ...named('sdk-node')] }
const PLAIN = {
  2: [...APIS[2], ...named('sdk-trace-base', 'context-async-hooks', 'sdk-logs', 'sdk-metrics')],
  3: [...APIS[3], ...named('sdk-trace', 'context-async-hooks', 'sdk-logs', 'sdk-metrics')],
}
const LOG = ['INFO\torder placed\tby-hand\torder']
const METRIC = ['shop.orders\t3']

describe.each([2, 3] as const)('with SDK %s', (sdk) => {
  const nodeSdk = ['NodeSDK', WHOLE[sdk]] as const
  const plain = ['plain providers', PLAIN[sdk]] as const
  // In a short run each test is once with each SDK, and once with each way to start it.
  const taken = (withSdk2: typeof nodeSdk | typeof plain) => {
    if (LONG) return [nodeSdk, plain]
    const other = withSdk2 === nodeSdk ? plain : nodeSdk
    return [sdk === 2 ? withSdk2 : other]
  }

  test.each(taken(plain))(
    'all three signals of a script are stored when it ends: %s',
    async (_, packages) => {
      const { database, env } = clickhouse.destination()
      const app = run({
        folder: appWith(packages, sdk),
        args: [...registeredBy('--import'), 'signals.cjs'],
        env: { ...env, ...ALL },
      })
      expect(await app.ended).toEqual([0, null])
      expect(app.output).toBe('done\n')
      expect(await clickhouse.spansIn(database)).toEqual(['by-hand order'])
      expect(await clickhouse.logsIn(database)).toEqual(LOG)
      expect(await clickhouse.metricsIn(database)).toEqual(METRIC)
    },
  )

  test.runIf(LONG || sdk === 3)(
    'all three signals of a server are stored when a signal ends it',
    async () => {
      const { database, env } = clickhouse.destination()
      const app = run({
        folder: appWith(WHOLE[sdk], sdk),
        args: [...registeredBy('--require'), 'signals.cjs', 'server'],
        env: { ...env, ...ALL },
      })
      await app.said('done')
      app.kill('SIGTERM')
      expect(await app.ended).toEqual([null, 'SIGTERM'])
      expect(await clickhouse.spansIn(database)).toEqual(['by-hand order'])
      expect(await clickhouse.logsIn(database)).toEqual(LOG)
      expect(await clickhouse.metricsIn(database)).toEqual(METRIC)
    },
  )

  test.each(taken(nodeSdk))(
    'who asks only for traces gets only traces, and nothing reaches a collector: %s',
    async (_, packages) => {
      const { database, env } = clickhouse.destination()
      const collector = await scriptedServer()
      const app = run({
        folder: appWith(packages, sdk),
        args: [...registeredBy('--import'), 'signals.cjs'],
        env: { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      })
      expect(await app.ended).toEqual([0, null])
      expect(await clickhouse.spansIn(database)).toEqual(['by-hand order'])
      expect(collector.requests).toEqual([])
      const tables = await clickhouse.tablesIn(database)
      expect(tables.filter((name) => /logs|metrics/.test(name))).toEqual([])
    },
  )

  test.runIf(LONG || sdk === 2)(
    'logs and metrics that go to a collector are sent there at the end',
    async () => {
      const { database, env } = clickhouse.destination()
      const collector = await scriptedServer()
      const app = run({
        folder: appWith(WHOLE[sdk], sdk),
        args: [...registeredBy('--import'), 'signals.cjs'],
        env: {
          ...env,
          OTEL_LOGS_EXPORTER: 'otlp',
          OTEL_METRICS_EXPORTER: 'otlp',
          OTEL_BLRP_SCHEDULE_DELAY: '60000',
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        },
      })
      expect(await app.ended).toEqual([0, null])
      expect(app.output).toBe('done\n')
      expect(collector.requests.map(({ path }) => path).toSorted()).toEqual([
        '/v1/logs',
        '/v1/metrics',
      ])
      expect(await clickhouse.spansIn(database)).toEqual(['by-hand order'])
    },
  )
})

test.each([
  ['logs', { OTEL_LOGS_EXPORTER: 'clickhouse' }, 'npm install @opentelemetry/sdk-logs@0.223'],
  ['metrics', { OTEL_METRICS_EXPORTER: 'clickhouse' }, 'npm install @opentelemetry/sdk-metrics@2'],
])(
  '%s that are asked for without their SDK cause one line with the command for it',
  async (_, asked, command) => {
    const { database, env } = clickhouse.destination()
    const app = run({
      folder: appWith([...APIS[2], ...named('sdk-trace-base', 'context-async-hooks')]),
      args: [...registeredBy('--import'), 'signals.cjs'],
      env: { ...env, ...asked },
    })
    expect(await app.ended).toEqual([0, null])
    expect(app.warnings).toEqual([expect.stringContaining(command)])
    expect(await clickhouse.spansIn(database)).toEqual(['by-hand order'])
  },
)

test('with OTEL_LOG_LEVEL a line for each signal says where it goes, and one what is started', async () => {
  const { env } = clickhouse.destination()
  const app = run({
    folder: appWith(WHOLE[2]),
    args: [...registeredBy('--import'), 'signals.cjs'],
    env: { ...env, ...ALL, OTEL_METRICS_EXPORTER: 'console', OTEL_LOG_LEVEL: 'debug' },
  })
  expect(await app.ended).toEqual([0, null])
  const ours = app.output.split('\n').filter((line) => line.startsWith('spanhouse: '))
  expect(ours).toEqual([
    expect.stringMatching(
      /^spanhouse: traces go to clickhouse \(OTEL_TRACES_EXPORTER=clickhouse\); /,
    ),
    expect.stringMatching(/^spanhouse: logs go to clickhouse \(OTEL_LOGS_EXPORTER=clickhouse\); /),
    'spanhouse: metrics go to console (OTEL_METRICS_EXPORTER=console)',
    expect.stringMatching(/has started @opentelemetry\/sdk-node .* for traces, logs, metrics, /),
  ])
})

test('metrics that Prometheus asks for are served at its port', async () => {
  const { env } = clickhouse.destination()
  const port = await freePort()
  const app = run({
    folder: appWith(WHOLE[2]),
    args: [...registeredBy('--import'), 'signals.cjs', 'server'],
    env: {
      ...env,
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_PROMETHEUS_PORT: String(port),
      OTEL_EXPORTER_PROMETHEUS_HOST: '127.0.0.1',
    },
  })
  await app.said('done')
  const served = async () =>
    (await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => undefined))?.text()
  await expect.poll(served).toMatch(/shop_orders\S* 3/)
  app.kill('SIGTERM')
  expect(await app.ended).toEqual([null, 'SIGTERM'])
})
