import { expect, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'

const context = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }

test('a span that was not sampled is left alone', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  to.onEnd(makeSpan({ spanContext: () => ({ ...context, traceFlags: 0 }) }))
  to.onEnd(makeSpan({ spanContext: () => ({ ...context, traceFlags: 1 }), name: 'sampled' }))
  await to.forceFlush()
  expect(server.rows.map((row) => row['span_name'])).toEqual(['sampled'])
  expect(statsOf(to)).toMatchObject({ accepted: 1, delivered: 1 })
})

test('a span that cannot say whether it was sampled is taken', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  const spanContext = () => {
    throw new Error('no context')
  }
  to.onEnd(makeSpan({ spanContext, name: 'without a context' }))
  await to.forceFlush()
  expect(server.rows.map((row) => row['span_name'])).toEqual(['without a context'])
})

test('a span in the batch that is still open is accepted, and waits', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  to.onEnd(makeSpan())
  expect(statsOf(to)).toMatchObject({ accepted: 1, delivered: 0, waiting: 1 })
  expect(statsOf(to).waitingBytes).toBeGreaterThan(0)
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ accepted: 1, delivered: 1, waiting: 0, waitingBytes: 0 })
})

test('an onDrop that throws does not keep the other rows from being dropped and counted', async () => {
  const server = await scriptedServer()
  const told: string[] = []
  const to = processorTo({
    endpoint: server.url,
    limits: { rowBytes: 1000 },
    onDrop: (_, reason) => {
      told.push(reason)
      throw new Error('from the application')
    },
  })
  for (const name of ['x'.repeat(2000), 'y'.repeat(2000)]) to.onEnd(makeSpan({ name }))
  to.onEnd(makeSpan())
  await to.forceFlush()
  expect(told).toEqual(['too_large', 'too_large'])
  expect(statsOf(to)).toMatchObject({ accepted: 3, delivered: 1, dropped: { too_large: 2 } })
})

test('a span that ends after the shutdown is left alone', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  const [first, second] = [to.shutdown(), to.shutdown()]
  expect(second).toBe(first)
  await first
  to.onEnd(makeSpan())
  expect(statsOf(to)).toMatchObject({ accepted: 0, waiting: 0 })
})
