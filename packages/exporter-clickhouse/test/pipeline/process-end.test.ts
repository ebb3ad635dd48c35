import { DiagLogLevel, diag } from '@opentelemetry/api'
import type { SpanLike } from '@spanhouse/transform'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { onThisMachine } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { flushOnSignal } from '../../src/lifetime/flush-on-signal.js'
import { Pipeline } from '../../src/pipeline/pipeline.js'

let warnings: string[]
beforeEach(() => {
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
})
afterEach(() => {
  vi.restoreAllMocks()
  diag.disable()
})

function pipeline(options: Options, env: NodeJS.ProcessEnv = {}): Pipeline<SpanLike> {
  const made = new Pipeline(parseConfig('traces', { shutdownTimeoutMs: 20, ...options }, env))
  onTestFinished(() => made.shutdown())
  return made
}

describe('at the natural end of a process', () => {
  const refusing: [name: string, behaviour: Behaviour | undefined][] = [
    ['that is not there', undefined],
    ['that refuses the password', { status: 403, code: 516 }],
    ['that lacks a table we may not create', { status: 404, code: 60 }],
  ]
  test.each(refusing)('a server %s is waited for no longer than 2 s', async (_, behaviour) => {
    const lines = diagLines(DiagLogLevel.WARN)
    const server = behaviour && (await scriptedServer(behaviour))
    const endpoint = server?.url ?? `http://127.0.0.1:${await freePort()}`
    const to = pipeline({ endpoint, manageSchema: 'off', flushTimeoutMs: 25_000 })
    to.accept(makeSpan())
    const startedAt = performance.now()
    await to.flushBeforeExit()
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(15_000))
    expect(warnings).toHaveLength(1)
    expect(lines.filter((line) => line.includes('1 rows not delivered'))).toHaveLength(1)
  })

  test('one that has taken rows before, or hangs, is waited for as long as a flush may take', async () => {
    const hanging = await scriptedServer('hang')
    const gone = await scriptedServer(['ok', ...Array(200).fill('reset')] as Behaviour[])
    for (const { url } of [hanging, gone]) {
      const to = pipeline({ endpoint: url, flushTimeoutMs: 3000 })
      to.accept(makeSpan({ name: 'first' }))
      if (url === gone.url) await to.flush()
      to.accept(makeSpan({ name: 'second' }))
      const startedAt = performance.now()
      await to.flushBeforeExit()
      expect(performance.now() - startedAt).toBeGreaterThan(2800)
    }
    expect(warnings).toHaveLength(1) // of the one that never took a row
  })
})

describe('spans that wait for the decision about their trace', () => {
  // Without the first span of its trace, a span is kept.
  const sample = { rate: 1, rules: [{ name: 'never', rate: 0 }] }
  const child = () => {
    const [traceId, spanId] = ['1'.repeat(32), '2'.repeat(16)]
    const parentSpanContext = { traceId, spanId: '3'.repeat(16) }
    const status = { code: 0 }
    return makeSpan({ spanContext: () => ({ traceId, spanId }), parentSpanContext, status })
  }
  const statsOf = (to: Pipeline<SpanLike>) => to.stats().destinations['primary']

  test('are decided and sent at the natural end of a process', async () => {
    const server = await scriptedServer()
    const to = pipeline({ endpoint: server.url, sample })
    to.accept(child())
    expect(statsOf(to)).toMatchObject({ accepted: 1, waiting: 1 })
    await to.flushBeforeExit()
    expect(server.rows).toHaveLength(1)
    expect(statsOf(to)).toMatchObject({ delivered: 1, waiting: 0, waitingBytes: 0 })
  })

  test('are among the rows that process.exit() loses', async () => {
    const lines = diagLines(DiagLogLevel.WARN)
    const to = pipeline({ endpoint: (await scriptedServer()).url, sample })
    to.accept(child())
    to.exits()
    to.hasExited()
    expect(lines).toEqual([expect.stringContaining('1 rows were not delivered')])
  })

  test('are decided and counted when a shutdown has no server', async () => {
    const to = pipeline({ endpoint: `http://127.0.0.1:${await freePort()}`, sample })
    to.accept(child())
    await to.shutdown()
    expect(statsOf(to)).toMatchObject({ accepted: 1, waiting: 0, dropped: { shutdown: 1 } })
  })

  test('are not on disk before that, although there is a spool: a kill loses them', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const to = pipeline({ endpoint, sample, spool: { directory: temporaryDirectory() } })
    expect(await to.export([child()])).toBe(true) // answered, although it is in memory only
    expect(statsOf(to)).toMatchObject({ waiting: 1, spooledBytes: 0 })
    await to.flushBeforeExit()
    expect(statsOf(to)).toMatchObject({ waiting: 1, unspooled: 0 })
    expect(statsOf(to)?.spooledBytes).toBeGreaterThan(0)
  })
})

test('what the environment has wrong is said at WARN and to everybody, in one line each', () => {
  const lines = diagLines(DiagLogLevel.WARN)
  const env = { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'clickhouse:8123' }
  const to = pipeline({}, env)
  expect(Object.keys(to.stats().destinations)).toEqual(['primary'])
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/ENDPOINT must begin with http:\/\/ .* is ignored/)
  expect(warnings).toEqual([lines[0]?.replace('spanhouse: ', '')])
  pipeline({}, { ...env, OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false' })
  expect(warnings).toHaveLength(1)
})

describe('a signal', () => {
  function flushable() {
    let flushed = () => {}
    const flushBeforeExit = vi.fn(
      () =>
        new Promise<void>((resolve) => {
          flushed = resolve
        }),
    )
    return { pipeline: { flushBeforeExit }, flushed: () => flushed() }
  }
  const turns = async () => {
    for (let n = 0; n < 4; n++) await new Promise((resolve) => setImmediate(resolve))
  }
  const signal = () => process.emit('SIGTERM', 'SIGTERM')
  const count = () => process.listenerCount('SIGTERM')

  test('that nobody else listens to is sent again when all is flushed, and meets nothing of ours', async () => {
    expect(count()).toBe(0)
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const [a, b] = [flushable(), flushable()]
    const leave = [flushOnSignal(a.pipeline), flushOnSignal(b.pipeline)]
    expect(count()).toBe(1)
    signal()
    expect(count()).toBe(0) // a second one does what it always did
    a.flushed()
    await turns()
    expect(kill).not.toHaveBeenCalled()
    b.flushed()
    await turns()
    expect(kill.mock.calls).toEqual([[process.pid, 'SIGTERM']])
    for (const one of leave) one()
    expect(count()).toBe(0)
  })

  test('that the application listens to once is its own, and the next one is flushed for again', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const own: number[] = []
    process.once('SIGTERM', () => own.push(count()))
    const one = flushable()
    const leave = flushOnSignal(one.pipeline)
    signal()
    expect(own).toEqual([0]) // it finds what it would without us
    one.flushed()
    await turns()
    expect(kill).not.toHaveBeenCalled()
    expect(count()).toBe(1)
    leave()
    expect(count()).toBe(0)
    signal()
    expect(one.pipeline.flushBeforeExit).toHaveBeenCalledTimes(1)
  })

  test('is heard once, also when another exporter took the place of the one that was flushed', async () => {
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
    const own = () => {}
    process.on('SIGTERM', own)
    const [before, after] = [flushable(), flushable()]
    const leaveBefore = flushOnSignal(before.pipeline)
    signal()
    leaveBefore()
    const leave = flushOnSignal(after.pipeline)
    before.flushed()
    await turns()
    expect(count()).toBe(2)
    process.removeListener('SIGTERM', own)
    expect(count()).toBe(1)
    leave()
    expect(count()).toBe(0)
    expect(kill).not.toHaveBeenCalled()
  })
})
