import { describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { appWith, registeredBy, run, WHOLE } from './app.js'
import { useClickHouse } from './clickhouse.js'

const clickhouse = useClickHouse()
const SIGNALS = ['SIGTERM', 'SIGINT'] as const

describe.each([2, 3] as const)('with SDK %s', (sdk) => {
  const started = async (end: string, flag: '--import' | '--require' = '--require') => {
    const { database, env } = clickhouse.destination()
    const args = [...registeredBy(flag), 'server.cjs', end]
    const app = run({ folder: appWith(WHOLE, sdk), args, env })
    await app.said('listeners')
    return { app, database }
  }

  test.each(LONG ? SIGNALS : sdk === 2 ? (['SIGINT'] as const) : (['SIGTERM'] as const))(
    'a server without a handler of its own is flushed, then ended by %s',
    async (signal) => {
      const { app, database } = await started('')
      app.kill(signal)
      expect(await app.ended).toEqual([null, signal])
      expect(await clickhouse.spansIn(database)).toContain('http GET /hello/:name')
      expect(app.output).not.toContain('Warning')
    },
  )

  // What listens to signals does not depend on the SDK.
  test.runIf(LONG || sdk === 2)(
    "the application's own handler ends it, and nothing else ends it earlier",
    async () => {
      const { app, database } = await started('own handler')
      app.kill('SIGTERM')
      expect(await app.ended).toEqual([0, null])
      expect(app.output).toContain('closed by its own handler')
      expect(await clickhouse.spansIn(database)).toContain('http GET /hello/:name')
    },
  )

  test.runIf(LONG || sdk === 2)(
    "the exit code of the application's own handler stays",
    async () => {
      const { app, database } = await started('own exit')
      app.kill('SIGTERM')
      await expect.poll(() => clickhouse.spansIn(database)).toContain('http GET /hello/:name')
      app.tell('end now')
      expect(await app.ended).toEqual([7, null])
    },
  )
})

test('a script is flushed when it ends by itself, and keeps its exit code', async () => {
  const { database, env } = clickhouse.destination()
  const app = run({
    folder: appWith([...WHOLE, '@opentelemetry/api']),
    args: [...registeredBy('--import'), 'spans.cjs', '5'],
    env,
  })
  expect(await app.ended).toEqual([5, null])
  expect(await clickhouse.spansIn(database)).toEqual(['by-hand inner', 'by-hand outer'])
})

test('a second Ctrl-C ends an application whose flush hangs', async () => {
  const hung = await scriptedServer('hang')
  const { env } = clickhouse.destination(hung.url)
  const args = [...registeredBy('--require'), 'server.cjs']
  const app = run({ folder: appWith(WHOLE), args, env })
  await app.said('listeners')
  const received = hung.requests.length
  app.kill('SIGINT')
  await hung.received(received + 1) // the flush is under way
  app.kill('SIGINT')
  expect(await app.ended).toEqual([null, 'SIGINT'])
})

test.each(LONG ? SIGNALS : (['SIGTERM'] as const))(
  'metrics that are asked for are sent before %s ends the process',
  async (signal) => {
    const { database, env } = clickhouse.destination()
    const collector = await scriptedServer()
    const app = run({
      folder: appWith(WHOLE),
      args: [...registeredBy('--require'), 'server.cjs'],
      env: { ...env, OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    })
    await app.said('listeners')
    app.kill(signal)
    expect(await app.ended).toEqual([null, signal])
    expect(collector.requests.map(({ path }) => path)).toContain('/v1/metrics')
    expect(await clickhouse.spansIn(database)).toContain('http GET /hello/:name')
  },
)

test('metrics that are asked for are sent at the natural end', async () => {
  const { env } = clickhouse.destination()
  const collector = await scriptedServer()
  const app = run({
    folder: appWith(WHOLE),
    args: [...registeredBy('--require'), 'server.cjs', 'end'],
    env: { ...env, OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  expect(await app.ended).toEqual([0, null])
  expect(collector.requests.map(({ path }) => path)).toContain('/v1/metrics')
})

test('where traces go to ClickHouse alone, nothing else is sent; with OTEL_EXPORTER_CLICKHOUSE_FLUSH_ON_SIGNAL=false no signal is listened to', async () => {
  const { env } = clickhouse.destination()
  const collector = await scriptedServer()
  const app = run({
    folder: appWith(WHOLE),
    args: [...registeredBy('--require'), 'server.cjs', 'end'],
    env: {
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_CLICKHOUSE_FLUSH_ON_SIGNAL: 'false',
    },
  })
  expect(await app.ended).toEqual([0, null])
  expect(collector.requests).toEqual([]) // neither metrics nor logs, which nobody has asked for
  expect(app.output).toContain('listeners 0 0')
})
