import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { sdk } from '#sdk'
import { freePort } from '../../../../test/kit/free-port.js'
import { testWithOneSdk } from '../../../../test/kit/one-sdk.js'
import { otlpReceiver } from '../../../../test/kit/otlp-receiver.js'
import { onThisMachine } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const entry = new URL('../../dist/esm/index.js', import.meta.url)
const application = fileURLToPath(new URL(`../../../../test/${sdk}`, import.meta.url))

/** An application with this SDK ends a span and runs `script`. */
function start(env: Record<string, string>, script = '') {
  const packages = {
    sdk2: { name: 'sdk-trace-base', provider: 'BasicTracerProvider' },
    sdk3: { name: 'sdk-trace', provider: 'TracerProvider' },
  }
  const { name, provider } = packages[sdk]
  const code = `
    import { createRequire } from 'node:module'
    import { spanProcessorsFromEnv, switchBackend } from ${JSON.stringify(entry)}
    const { ${provider}: Provider } = createRequire(process.cwd() + '/')('@opentelemetry/${name}')
    const spanProcessors = spanProcessorsFromEnv()
    const tracer = new Provider({ spanProcessors }).getTracer('test')
    tracer.startSpan('last').end()
    ${script}
    console.log('ready')`
  const startedAt = performance.now()
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: application,
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const looks: (() => void)[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
      for (const look of looks) look()
    })
  const ready = new Promise<void>((resolve) =>
    looks.push(() => output.includes('ready') && resolve()),
  )
  const ended = new Promise<unknown>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  )
  return {
    ready,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async end() {
      const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null]
      return { code, signal, output, ms: performance.now() - startedAt }
    },
  }
}

test('a script that ends flushes what is for otlp', async () => {
  const receiver = await otlpReceiver()
  const { code, output } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url }).end()
  expect({ code, output }).toEqual({ code: 0, output: 'ready\n' })
  expect(receiver.spanIds).toHaveLength(1)
})

testWithOneSdk(
  'a script that ends during a switch is held until the old backend has delivered',
  async () => {
    const [receiver, server] = [await otlpReceiver(), await scriptedServer()]
    const env = {
      OTEL_TRACES_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    }
    const script = `void switchBackend('otlp'); await 0; await 0; tracer.startSpan('later').end()`
    const { code, output } = await start(env, script).end()
    expect({ code, output }).toEqual({ code: 0, output: 'ready\n' })
    expect(receiver.spanIds).toHaveLength(1)
    expect(server.rows.map((row) => row['span_name'])).toEqual(['last'])
  },
)

testWithOneSdk(
  'a script that ends beside a collector that is not there says so in one line',
  async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '500' }
    const { code, output } = await start(env).end()
    expect(code).toBe(0)
    expect(output.match(/otlp has taken no spans: .*/g)).toHaveLength(1)
    expect(output).toContain('Is a collector running there?')
    expect(output).not.toContain('some are lost')
  },
)

testWithOneSdk(
  'a script that ends is held by a collector that is silent no longer than the official exporter waits for it',
  async () => {
    const silent = await rawServer(() => {})
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: silent.url, OTEL_EXPORTER_OTLP_TIMEOUT: '1000' }
    const { code, output, ms } = await start(env).end()
    expect(code).toBe(0)
    expect(output.match(/SpanhouseWarning: .*/g)).toEqual([
      expect.stringContaining('otlp has taken no spans: '),
    ])
    expect(ms).toBeLessThan(onThisMachine(8000)) // flushTimeoutMs is 10 s
  },
)
