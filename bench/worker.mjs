// One run in a fresh process: `node worker.mjs '{"options":…,"spans":40000,"metrics":false}'` makes realistic spans,
// gives them to a ClickHouseSpanProcessor and prints what it cost, up to the delivery at the first destination.
import { performance } from 'node:perf_hooks'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { realisticSpans } from './spans.mjs'

const { options, spans: count, metrics } = JSON.parse(process.argv[2])
const spans = realisticSpans(2000)
const meterProvider = metrics ? await sdkMetrics() : undefined
const processor = new ClickHouseSpanProcessor({
  ...options,
  meterProvider,
  queue: { maxBytes: 1e9 },
})
const [first] = Object.keys(processor.stats().destinations)

await run(4000) // warm
const cpu = process.cpuUsage()
const startedAt = performance.now()
await run(count)
const { user, system } = process.cpuUsage(cpu)
const wallMs = performance.now() - startedAt
const { delivered, accepted } = processor.stats().destinations[first]
console.log(
  JSON.stringify({
    cpuUsPerSpan: (user + system) / count,
    spansPerSecond: (count / wallMs) * 1000,
    delivered,
    accepted,
  }),
)
process.exit()

async function run(total) {
  const goal = processor.stats().destinations[first].delivered + total
  for (let made = 0; made < total; ) {
    for (let i = 0; i < 250 && made < total; i++) processor.onEnd(spans[made++ % spans.length])
    // Fewer than a queue's worth under way, as a server's work would have it.
    do await new Promise((resolve) => setImmediate(resolve))
    while (goal - total + made - processor.stats().destinations[first].delivered > 20_000)
  }
  const flushed = processor.forceFlush({ timeoutMs: 60_000 }).catch(() => {})
  while (processor.stats().destinations[first].delivered < goal)
    await new Promise((resolve) => setTimeout(resolve, 1))
  void flushed
}

async function sdkMetrics() {
  const { MeterProvider, PeriodicExportingMetricReader, InMemoryMetricExporter } = await import(
    '@opentelemetry/sdk-metrics'
  )
  const exporter = new InMemoryMetricExporter(0)
  return new MeterProvider({
    readers: [
      new PeriodicExportingMetricReader({
        exporter,
        exportIntervalMillis: 1000,
        exportTimeoutMillis: 900,
      }),
    ],
  })
}
