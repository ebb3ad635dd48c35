import { describe, expect, onTestFinished, test } from 'vitest'
import {
  BatchLogRecordProcessor,
  batchSpanProcessor,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
  TracerProvider,
} from '../sdk2/sdk.js'
import { count, newDatabase, realServer, receiverTo } from './kit.js'
import { officialExporter, type Wire } from './official.js'

const server = realServer()
const RESOURCE = resourceFromAttributes({ 'service.name': 'shop' })
const WIRES: readonly Wire[] = ['proto', 'http', 'grpc']

describe.each(WIRES)('the official exporter of OTLP/%s', (wire) => {
  test('delivers spans, log records and data points, each once, and reports success', async () => {
    const database = newDatabase()
    const { http, grpc, stats } = await receiverTo({ endpoint: server.at.url, database })
    const url = wire === 'grpc' ? grpc : http

    const tracing = new TracerProvider({
      resource: RESOURCE,
      spanProcessors: [
        batchSpanProcessor(officialExporter('trace', wire, url), { maxQueueSize: 10_000 }),
      ],
    })
    for (let n = 0; n < 1500; n++) tracing.getTracer('test').startSpan(`span ${n}`).end()
    const logging = new LoggerProvider({
      resource: RESOURCE,
      processors: [new BatchLogRecordProcessor({ exporter: officialExporter('logs', wire, url) })],
    })
    for (let n = 0; n < 300; n++) logging.getLogger('test').emit({ body: `line ${n}` })
    const metering = new MeterProvider({
      resource: RESOURCE,
      readers: [
        new PeriodicExportingMetricReader({
          exporter: officialExporter('metrics', wire, url),
          exportIntervalMillis: 3_600_000,
        }),
      ],
    })
    metering.getMeter('test').createCounter('orders').add(7, { shop: 'a' })
    onTestFinished(async () => {
      for (const one of [tracing, logging, metering]) await one.shutdown()
    })
    await tracing.forceFlush()
    await logging.forceFlush()
    await metering.forceFlush()

    expect(await count(server.at, `${database}.traces`, 'uniqExact(span_id)')).toBe(1500)
    expect(await count(server.at, `${database}.traces`)).toBe(1500)
    expect(await count(server.at, `${database}.logs`)).toBe(300)
    expect(await count(server.at, `${database}.metrics`)).toBe(1)
    const { traces } = stats().signals
    expect(traces).toMatchObject({ records: 1500, rejected: 0, repeats: 0 })
    expect(stats().requests.every(({ status }) => status === (wire === 'grpc' ? 0 : 200))).toBe(
      true,
    )
  })
})
