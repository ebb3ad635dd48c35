import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../../../test/kit/scripted-server.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { DestinationStats } from '../src/accounting/stats.js'
import type { Options } from '../src/config/options.js'
import { ClickHouseSpanExporter, type ExportResult } from '../src/traces/span-exporter.js'
import { until } from './spool-kit.js'

function exporter(options: Options): ClickHouseSpanExporter {
  const made = new ClickHouseSpanExporter({ shutdownTimeoutMs: 20, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

function exported(to: ClickHouseSpanExporter, name = 'span'): Promise<ExportResult> {
  return new Promise((resolve) => to.export([makeSpan({ name })], resolve))
}

function only(from: ClickHouseSpanExporter): DestinationStats | undefined {
  return from.stats().destinations['primary']
}

test('behind a server that hangs an export is answered after a second, and the next ones at once', async () => {
  const server = await scriptedServer('hang')
  const to = exporter({ endpoint: server.url })
  expect(await exported(to)).toEqual({ code: 0 })
  const startedAt = performance.now()
  for (let n = 0; n < 10; n++) expect(await exported(to)).toEqual({ code: 0 })
  expect(performance.now() - startedAt).toBeLessThan(10 * 900)
})

test('a batch that ran into its deadline gets more time: a link that is merely slow takes it in the end', async () => {
  const server = await scriptedServer({
    each:
      ({ isInsert }) =>
      (_, response) =>
        setTimeout(() => response.end(), isInsert ? 400 : 0),
  })
  const to = exporter({
    endpoint: server.url,
    timeoutMs: 250,
    retry: { initialDelayMs: 5, maxDelayMs: 10 },
  })
  await exported(to)
  await until(() => expect(only(to)?.delivered).toBe(1))
})

test('attempts that a flush asked for are none of those after which rows are given up', async () => {
  const server = await scriptedServer({ status: 503 })
  const to = exporter({
    endpoint: server.url,
    retry: { maxRetries: 1, initialDelayMs: 60_000, maxDelayMs: 60_000 },
  })
  await exported(to)
  for (let errors = 2; errors < 5; errors++) {
    const flushed = to.forceFlush({ timeoutMs: 10 }).catch(() => {})
    await until(() => expect(only(to)?.errors).toBe(errors))
    await flushed
  }
  expect(only(to)).toMatchObject({ dropped: {}, waiting: 1 })
})

test('a batch that a server refuses again and again does not hold up those behind it', async () => {
  const server = await scriptedServer({
    each: ({ rows }) =>
      rows.some((row) => row['span_name'] === 'bad') ? { status: 500, code: 1001 } : 'ok',
  })
  const to = exporter({ endpoint: server.url, retry: { initialDelayMs: 5, maxDelayMs: 10 } })
  await exported(to, 'bad')
  await exported(to, 'good')
  await until(() => expect(server.rows.map((row) => row['span_name'])).toEqual(['good']))
})

test('a server that hung gets no rows before it answers a ping', async () => {
  const server = await scriptedServer('hang')
  const to = exporter({
    endpoint: server.url,
    timeoutMs: 100,
    retry: { initialDelayMs: 5, maxDelayMs: 10 },
  })
  await exported(to)
  await until(() => expect(only(to)?.errors).toBe(2))
  expect(server.inserts).toHaveLength(1)
})
