import { expect, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

function writes(rows: number): Behaviour {
  const summary = JSON.stringify({ written_rows: String(rows), elapsed_ns: '1' })
  return { status: 200, headers: { 'x-clickhouse-summary': summary } }
}

function end(to: ClickHouseSpanProcessor, count: number): void {
  for (let n = 0; n < count; n++) to.onEnd(makeSpan({ name: `span ${n}` }))
}

test.each([0, 1, 9])('a batch of 10 of which %i were written is unconfirmed', async (rows) => {
  const server = await scriptedServer({ each: () => writes(rows) })
  const drops: unknown[] = []
  const onDrop = (count: number, reason: string) => drops.push([count, reason])
  const processor = processorTo({ endpoint: server.url, onDrop })
  end(processor, 10)
  await processor.forceFlush()
  expect(statsOf(processor)).toMatchObject({
    delivered: 0,
    dropped: { unconfirmed: 10 },
    failing: true,
    errors: 1,
  })
  expect(drops).toEqual([[10, 'unconfirmed']])
  end(processor, 10)
  await expect(processor.forceFlush({ timeoutMs: 50 })).rejects.toThrow('primary (10 rows)')
  expect(server.inserts).toHaveLength(1)
})

test.each([10, 25])(
  'a batch of 10 of which the server wrote %i, its views too, is delivered',
  async (rows) => {
    const server = await scriptedServer({ each: () => writes(rows) })
    const processor = processorTo({ endpoint: server.url })
    end(processor, 10)
    await processor.forceFlush()
    expect(statsOf(processor)).toMatchObject({ delivered: 10, dropped: {}, failing: false })
  },
)

test('what an asynchronous insert has written is not known yet', async () => {
  const server = await scriptedServer({ each: () => writes(0) })
  const processor = processorTo({ endpoint: server.url, asyncInsert: true })
  end(processor, 10)
  await processor.forceFlush()
  expect(statsOf(processor)).toMatchObject({ delivered: 10, dropped: {} })
})

test('a table of JSON columns is asked about again, and gets rows when it has none any more', async () => {
  let type = 'JSON'
  const answer = ({ statement }: Received): Behaviour => {
    if (!statement.includes('system.columns')) return 'ok'
    return { status: 200, body: `["SpanAttributes","${type}"]\n` }
  }
  const server = await scriptedServer({ each: answer })
  const retry = { initialDelayMs: 1000 }
  const processor = processorTo({
    endpoint: server.url,
    schema: 'otel',
    manageSchema: 'off',
    retry,
  })
  end(processor, 10)
  await processor.forceFlush()
  const asked = () =>
    server.requests.filter(({ statement }) => statement.includes('system.columns'))
  await eventually(() => expect(asked()).toHaveLength(1))
  end(processor, 10)
  await expect(processor.forceFlush({ timeoutMs: 50 })).rejects.toThrow('primary (10 rows)')
  await eventually(() => expect(statsOf(processor).failing).toBe(true))
  expect(server.inserts).toHaveLength(1)
  expect(statsOf(processor)).toMatchObject({ delivered: 10, waiting: 10 })
  expect(statsOf(processor).lastError).toBe(
    'SpanAttributes of default.otel_traces are of type JSON',
  )
  type = 'Map(LowCardinality(String), String)'
  await eventually(() => expect(statsOf(processor).delivered).toBe(20))
})

test('an answer about JSON columns that cannot be read costs no row', async () => {
  let said = '["SpanAttributes","JSON"]'
  const server = await scriptedServer({
    each: ({ statement }) =>
      statement.includes('system.columns') ? { status: 200, body: said } : 'ok',
  })
  const retry = { initialDelayMs: 10 }
  const processor = processorTo({
    endpoint: server.url,
    schema: 'otel',
    manageSchema: 'off',
    retry,
  })
  const asked = () =>
    server.requests.filter(({ statement }) => statement.includes('system.columns')).length
  end(processor, 10)
  await processor.forceFlush()
  await eventually(() => expect(asked()).toBe(1))
  said = 'Back in a minute.'
  end(processor, 10)
  await eventually(async () => {
    await expect(processor.forceFlush({ timeoutMs: 20 })).rejects.toThrow('primary (10 rows)')
    expect(asked()).toBeGreaterThan(1)
  })
  expect(statsOf(processor)).toMatchObject({ delivered: 10, waiting: 10, dropped: {} })
  expect(statsOf(processor).dropped).toEqual({})
})

test('an answer about missing columns that cannot be read costs no row', async () => {
  const server = await scriptedServer({
    each: ({ isInsert, statement }) => {
      if (isInsert)
        return { status: 404, code: 16, body: 'Code: 16. DB::Exception: No such column' }
      return statement.includes('system.columns')
        ? { status: 200, body: 'Back in a minute.' }
        : 'ok'
    },
  })
  const processor = processorTo({ endpoint: server.url, batch: { maxRows: 10 } })
  end(processor, 10)
  await until(() => statsOf(processor).failing || statsOf(processor).waiting === 0)
  expect(statsOf(processor)).toMatchObject({ waiting: 10, dropped: {} })
})
