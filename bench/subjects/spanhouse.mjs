// ClickHouseSpanProcessor with its defaults. Of several destinations, the first is healthy, and only its spans count. `table`: the name of one
// in own-tables.mjs.
import { setTimeout as sleep } from 'node:timers/promises'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const FLUSH_MS = 60_000

export async function start({ options, table, endpoints, metrics = false, queueBytes }) {
  const tables = table && (await import('./own-tables.mjs'))
  const processor = new ClickHouseSpanProcessor({
    destinations: endpoints.map((endpoint, n) => ({ name: `d${n}`, endpoint })),
    ...(metrics && { meterProvider: await sdkMetrics() }),
    ...(queueBytes && { queue: { maxBytes: queueBytes } }),
    ...(table && { schema: tables[table] }),
    ...options,
  })
  const first = () => processor.stats().destinations.d0

  /** For several destinations: a broken one keeps forceFlush() from resolving. Sleeps, because stats() costs time. */
  async function firstHasAll() {
    while (first().waiting > 0) await sleep(5)
  }

  return {
    take: (span) => processor.onEnd(span),
    delivered: () => first().delivered,
    waiting: () => first().waiting,
    async flush() {
      const flushed = processor.forceFlush({ timeoutMs: FLUSH_MS })
      await (endpoints.length === 1 ? flushed : Promise.race([flushed, firstHasAll()]))
    },
    maxInFlight: 4 * (options?.batch?.maxRows ?? 10_000),
  }
}

async function sdkMetrics() {
  const { MeterProvider, PeriodicExportingMetricReader, InMemoryMetricExporter } = await import(
    '@opentelemetry/sdk-metrics'
  )
  const reader = new PeriodicExportingMetricReader({
    exporter: new InMemoryMetricExporter(0),
    exportIntervalMillis: 1000,
    exportTimeoutMillis: 900,
  })
  return new MeterProvider({ readers: [reader] })
}
