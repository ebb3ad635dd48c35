import { expect, onTestFinished, test } from 'vitest'
import { startTcpProxy } from '../kit/tcp-proxy.js'
import { batchSpanProcessor, resourceFromAttributes, TracerProvider } from '../sdk2/sdk.js'
import { count, newDatabase, realServer, receiverTo } from './kit.js'
import { officialExporter } from './official.js'

const server = realServer()

test("OpenTelemetry's gRPC exporter, which repeats nothing, loses no span to a slow ClickHouse and a small queue", async () => {
  const database = newDatabase()
  const proxy = await startTcpProxy(Number(new URL(server.at.url).port))
  onTestFinished(() => proxy.close())
  proxy.shape('replies', { latencyMs: 400 })
  // The exporter waits longer than most clients, so requests may be held longer.
  const { grpc, stats } = await receiverTo(
    { endpoint: proxy.url, database, queue: { maxBytes: 200_000 } },
    { holdMs: 60_000 },
  )
  // Four exporters at once want more than there is room for.
  const providers = Array.from(
    { length: 4 },
    () =>
      new TracerProvider({
        resource: resourceFromAttributes({ 'service.name': 'shop' }),
        spanProcessors: [
          batchSpanProcessor(officialExporter('trace', 'grpc', grpc, { timeoutMillis: 60_000 }), {
            maxQueueSize: 10_000,
            maxExportBatchSize: 256,
            exportTimeoutMillis: 60_000,
          }),
        ],
      }),
  )
  onTestFinished(async () => {
    for (const one of providers) await one.shutdown()
  })
  for (const provider of providers)
    for (let n = 0; n < 1000; n++) provider.getTracer('test').startSpan(`span ${n}`).end()
  await Promise.all(providers.map((one) => one.forceFlush()))
  expect(await count(server.at, `${database}.traces`)).toBe(4000)
  expect(stats().signals.traces.exporter.destinations['primary']?.dropped).toEqual({})
})
