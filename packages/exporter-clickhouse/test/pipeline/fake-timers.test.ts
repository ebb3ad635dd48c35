import { mock } from 'node:test'
import { afterEach, expect, test, vi } from 'vitest'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { turn } from '../../src/common/clock.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

// How the test runners of applications mock time; the last one all that can be mocked.
const MOCKS: [string, () => void, () => void][] = [
  ['vitest, by default', () => void vi.useFakeTimers(), () => void vi.useRealTimers()],
  [
    'jest, all that it mocks',
    () =>
      void vi.useFakeTimers({
        toFake: [
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'setImmediate',
          'clearImmediate',
          'queueMicrotask',
          'Date',
          'performance',
          'hrtime',
        ],
      }),
    () => void vi.useRealTimers(),
  ],
  [
    'node:test',
    () => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] }),
    () => mock.timers.reset(),
  ],
]

let restore = () => {}
afterEach(() => restore())

test.each(MOCKS)(
  'flush and shutdown resolve while time is mocked by %s',
  async (_, enable, reset) => {
    const server = await scriptedServer()
    restore = reset
    enable()
    const processor = new ClickHouseSpanProcessor({ endpoint: server.url })
    processor.onEnd(makeSpan({ name: 'taken in while time stands still' }))
    await processor.forceFlush()
    expect(processor.stats().destinations['primary']).toMatchObject({ delivered: 1, waiting: 0 })
    await processor.shutdown()
  },
)

test('a wait for a server that is not there ends while time is mocked', async () => {
  restore = () => void vi.useRealTimers()
  vi.useFakeTimers()
  const exporter = new ClickHouseSpanExporter({
    endpoint: 'http://127.0.0.1:1',
    shutdownTimeoutMs: 200,
  })
  exporter.export([makeSpan({ name: 'never delivered' })], () => {})
  await expect(exporter.forceFlush({ timeoutMs: 100 })).rejects.toThrow('not flushed within 100 ms')
  await exporter.shutdown()
  expect(exporter.stats().destinations['primary']).toMatchObject({ dropped: { shutdown: 1 } })
})

test('a batch is sealed at its age while time is mocked', async () => {
  const server = await scriptedServer()
  restore = () => void vi.useRealTimers()
  vi.useFakeTimers()
  const processor = new ClickHouseSpanProcessor({ endpoint: server.url, batch: { maxDelayMs: 20 } })
  processor.onEnd(makeSpan({ name: 'old enough' }))
  while (processor.stats().destinations['primary']?.delivered !== 1) await turn()
  await processor.shutdown()
})
