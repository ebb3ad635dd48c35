import { expect, test } from 'vitest'
import { type SpanExporter, simpleSpanProcessor, TracerProvider } from '#sdk'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'

test('a SimpleSpanProcessor over the exporter loses nothing at shutdown, before a server that is slow', async () => {
  const taken = await scriptedServer()
  // Each answer takes a while, as from another continent: one INSERT a span would take too long.
  const slow = await scriptedServer((request, response) => {
    setTimeout(async () => {
      const url = `${taken.url}/?${request.query}`
      const { body, headers } = request
      const encoding = String(headers['content-encoding'])
      const sent = { method: 'POST', body, headers: { 'content-encoding': encoding } }
      await fetch(url, sent).then(
        () => response.end(),
        () => response.destroy(),
      )
    }, 150)
  })
  const exporter = new ClickHouseSpanExporter({ endpoint: slow.url, shutdownTimeoutMs: 25_000 })
  const provider = new TracerProvider({
    spanProcessors: [simpleSpanProcessor(exporter as unknown as SpanExporter)],
  })
  const tracer = provider.getTracer('test')
  for (let n = 0; n < 300; n++) tracer.startSpan(`span ${n}`).end()
  await provider.shutdown()
  expect(statsOf(exporter)).toMatchObject({ accepted: 300, delivered: 300, dropped: {} })
  expect(new Set(taken.rows.map((row) => row['span_name'])).size).toBe(300)
  expect(slow.inserts.length).toBeLessThan(150)
})
