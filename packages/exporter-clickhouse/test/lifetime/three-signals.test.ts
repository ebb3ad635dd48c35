import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sdk } from '#sdk'
import { freePort } from '../../../../test/kit/free-port.js'
import { testWithOneSdk } from '../../../../test/kit/one-sdk.js'
import { onThisMachine } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const BUILT = new URL('../../dist/esm/index.js', import.meta.url).href
const application = fileURLToPath(new URL(`../../../../test/${sdk}`, import.meta.url))
const tracing = {
  sdk2: { name: 'sdk-trace-base', provider: 'BasicTracerProvider' },
  sdk3: { name: 'sdk-trace', provider: 'TracerProvider' },
}[sdk]

/** Runs an application that makes a span, a log record and a metric with the SDK, and then does what `script` says. */
async function run(options: object, script = '') {
  const code = `
    import { createRequire } from 'node:module'
    import { ClickHouseLogRecordProcessor, ClickHouseMetricExporter, ClickHouseSpanProcessor, withFlush } from '${BUILT}'
    const load = (name) => createRequire(process.cwd() + '/')('@opentelemetry/' + name)
    const options = ${JSON.stringify(options)}
    const spanProcessors = [new ClickHouseSpanProcessor(options)]
    const tracer = new (load('${tracing.name}').${tracing.provider})({ spanProcessors }).getTracer('test')
    const processors = [new ClickHouseLogRecordProcessor(options)]
    const logger = new (load('sdk-logs').LoggerProvider)({ processors }).getLogger('test')
    const { MeterProvider, PeriodicExportingMetricReader } = load('sdk-metrics')
    const exporter = new ClickHouseMetricExporter(options)
    const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] })
    load('api').metrics.setGlobalMeterProvider(meters)
    const counter = meters.getMeter('test').createCounter('orders')
    const make = () => {
      tracer.startSpan('span').end()
      logger.emit({ body: 'record' })
      counter.add(1)
    }
    make()
    ${script}`
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: application,
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, string | null]
  const warnings = output.split('\n').flatMap((line) => line.split('SpanhouseWarning: ').slice(1))
  return { exitCode, signal, output, warnings, ms: performance.now() - startedAt }
}

const ALL = ['record', 'span', 'orders']
const namesIn = ({ rows }: { rows: Record<string, unknown>[] }) =>
  rows.map((row) => row['span_name'] ?? row['body'] ?? row['metric_name'])

test('a script that ends delivers its spans, log records and metrics, each once', async () => {
  const server = await scriptedServer()
  const { exitCode, output } = await run({ endpoint: server.url })
  expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' })
  expect(namesIn(server).toSorted()).toEqual(ALL.toSorted())
})

testWithOneSdk(
  'a script that is ended by a signal delivers them too, if that is configured',
  async () => {
    const server = await scriptedServer()
    const options = { endpoint: server.url, flushOnSignal: true }
    const { signal } = await run(
      options,
      `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000)`,
    )
    expect(signal).toBe('SIGTERM')
    expect(namesIn(server).toSorted()).toEqual(ALL.toSorted())
  },
)

testWithOneSdk('each invocation of a function delivers them', async () => {
  const server = await scriptedServer()
  const script = `
    await withFlush(async () => {}, { timeoutMs: 60_000 })()
    console.log('first')
    await withFlush(async () => make(), { timeoutMs: 60_000 })()
    process.exit()`
  const { output } = await run({ endpoint: server.url }, script)
  expect(output).toBe('first\n')
  expect(namesIn(server).toSorted()).toEqual([...ALL, ...ALL].toSorted())
})

test('after a shutdown of the providers nothing holds the process, and nothing is collected again', async () => {
  const server = await scriptedServer()
  const script = 'await meters.shutdown(); await processors[0].shutdown()'
  const { output } = await run({ endpoint: server.url }, script)
  expect(output).toBe('')
  expect(namesIn(server).toSorted()).toEqual(ALL.toSorted())
})

describe('a server that is not there', () => {
  testWithOneSdk(
    'holds a script 2 s, whatever the number of signals, and one line says what is lost',
    async () => {
      const endpoint = `http://127.0.0.1:${await freePort()}`
      const { exitCode, warnings, ms } = await run({ endpoint })
      expect(exitCode).toBe(0)
      expect(warnings).toEqual([expect.stringContaining('has taken no rows: connect ECONNREFUSED')])
      expect(warnings[0]).toContain('3 rows were not delivered')
      expect(ms).toBeGreaterThan(1900)
      expect(ms).toBeLessThan(onThisMachine(8000)) // flushTimeoutMs is 10 s
    },
  )

  testWithOneSdk(
    'is not waited for by process.exit(), which counts the rows of all signals in one line',
    async () => {
      const endpoint = `http://127.0.0.1:${await freePort()}`
      const { warnings } = await run(
        { endpoint, flushTimeoutMs: 200 },
        'await meters.forceFlush().catch(() => {}); process.exit()',
      )
      const lost = warnings.filter((line) => line.includes('because process.exit()'))
      expect(lost).toEqual([expect.stringMatching(/^primary \(\S+\): 3 rows were not delivered/)])
    },
  )
})

testWithOneSdk('a server that hangs holds a script no longer than one flush may take', async () => {
  const silent = await rawServer(() => {})
  const { exitCode, ms } = await run({ endpoint: silent.url, flushTimeoutMs: 1000 })
  expect(exitCode).toBe(0)
  expect(ms).toBeLessThan(onThisMachine(6000))
})
