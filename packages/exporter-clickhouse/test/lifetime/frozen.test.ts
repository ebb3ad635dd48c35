import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { sdk } from '#sdk'
import { testWithOneSdk } from '../../../../test/kit/one-sdk.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const entry = new URL('../../dist/esm/index.js', import.meta.url)
const application = fileURLToPath(new URL(`../../../../test/${sdk}`, import.meta.url))

// Longer than a flush or a request may take.
const FROZEN_MS = 2500
const TIMEOUT_MS = 2000

interface Answer {
  readonly result: unknown
  readonly delivered: number
  readonly errors: number
  readonly warnings: string[]
}

/** A function of a host that freezes its process: each message is an invocation, which ends one span. */
async function frozenFunction(endpoint: string) {
  const provider = sdk === 'sdk2' ? 'BasicTracerProvider' : 'TracerProvider'
  const name = sdk === 'sdk2' ? 'sdk-trace-base' : 'sdk-trace'
  const code = `
    import { createRequire } from 'node:module'
    import { ClickHouseSpanProcessor, withFlush } from ${JSON.stringify(entry)}
    const { ${provider}: Provider } = createRequire(process.cwd() + '/')('@opentelemetry/${name}')
    const processor = new ClickHouseSpanProcessor({ endpoint: ${JSON.stringify(endpoint)}, timeoutMs: ${TIMEOUT_MS} })
    const tracer = new Provider({ spanProcessors: [processor] }).getTracer('test')
    const warnings = []
    process.on('warning', ({ message }) => warnings.push(message))
    const handler = withFlush(async (event, context) => {
      tracer.startSpan(event).end()
      return 'of ' + event
    }, { timeoutMs: ${TIMEOUT_MS} })
    process.on('message', async (event) => {
      const result = await handler(event, { getRemainingTimeInMillis: () => 60_000 })
      const { delivered, errors } = processor.stats().destinations.primary
      process.send({ result, delivered, errors, warnings })
    })
    process.send('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: application,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  return {
    invoke(event: string): Promise<Answer> {
      const answer = once(child, 'message').then(([message]) => message as Answer)
      child.send(event)
      return answer
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

test('a process that is thawed after its host had frozen it uses no stale connection, and its times are right', async () => {
  const server = await scriptedServer()
  let connection: Socket | undefined
  server.follow((_, response) => {
    connection = response.req.socket
    response.end()
  })
  const app = await frozenFunction(server.url)
  expect(await app.invoke('first')).toEqual({
    result: 'of first',
    delivered: 1,
    errors: 0,
    warnings: [],
  })
  app.freeze()
  connection?.destroySoon() // as a server ends a connection that has been idle for too long
  await sleep(FROZEN_MS)
  const thawedAt = Date.now()
  app.thaw()
  expect(await app.invoke('second')).toEqual({
    result: 'of second',
    delivered: 2,
    errors: 0,
    warnings: [],
  })
  expect(server.inserts).toHaveLength(2)
  const [row] = server.inserts[1]?.rows ?? []
  expect(row?.['span_name']).toBe('second')
  expect(millisecondsOf(row)).toBeGreaterThanOrEqual(thawedAt - 1)
  expect(millisecondsOf(row)).toBeLessThanOrEqual(Date.now() + 1)
})

testWithOneSdk(
  'a process that is frozen during a flush takes the answer that came meanwhile, and does not count it as late',
  async () => {
    const server = await scriptedServer()
    let answer = () => {}
    server.follow((_, response) => {
      answer = () => response.end()
    })
    const app = await frozenFunction(server.url)
    const invocation = app.invoke('first')
    await server.received(1)
    app.freeze()
    answer()
    await sleep(FROZEN_MS)
    app.thaw()
    expect(await invocation).toEqual({ result: 'of first', delivered: 1, errors: 0, warnings: [] })
    expect(server.requests).toHaveLength(1)
  },
)

/** When the span of a row began, in milliseconds since 1970. */
function millisecondsOf(row: Record<string, unknown> | undefined): number {
  return Number(BigInt(String(row?.['timestamp_ns'])) / 1_000_000n)
}
