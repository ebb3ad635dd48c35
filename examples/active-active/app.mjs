// The application of one region. It sets sequential keys at a steady rate, and each span goes to both regions.
import { randomBytes } from 'node:crypto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { kv } from './table.mjs'
import { workloadOf } from './workload.mjs'

const { REGION, EAST, WEST, SPOOL } = process.env
const start = Number(process.env.START || 0)
const workload = workloadOf(process.env)
const user = {
  username: process.env.OTEL_EXPORTER_CLICKHOUSE_USERNAME || 'default',
  password: process.env.OTEL_EXPORTER_CLICKHOUSE_PASSWORD || '',
}

const processor = new ClickHouseSpanProcessor({
  schema: kv,
  destinations: [
    { name: 'east', endpoint: EAST, ...user },
    { name: 'west', endpoint: WEST, ...user },
  ],
  // What the other region does not take waits here, also while this process is restarted.
  ...(SPOOL && { spool: { directory: SPOOL } }),
  retry: { maxDelayMs: 1000 },
  flushOnSignal: true,
})

// Two workloads that start at the same key make spans with the same ids: their rows conflict.
let key = start
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'kv', 'cloud.region': REGION }),
  spanProcessors: [processor],
  idGenerator: {
    generateTraceId: () => (key + 1).toString(16).padStart(32, '0'),
    generateSpanId: () => (key + 1).toString(16).padStart(16, '0'),
  },
})
const tracer = provider.getTracer('kv')

// Alone, as in Docker, it ends by itself; in run.mjs it is killed.
const seconds = process.connected ? Number.POSITIVE_INFINITY : workload.seconds
const startedAt = performance.now()
const timer = setInterval(() => {
  const elapsed = (performance.now() - startedAt) / 1000
  const due = start + Math.floor(Math.min(elapsed, seconds) * workload.rate)
  for (; key < due; key++)
    tracer.startSpan('set', { attributes: { k: key, v: randomBytes(8).toString('hex') } }).end()
  if (elapsed < seconds) return
  clearInterval(timer)
  void provider.shutdown()
}, 20)

process.on('message', () => process.send?.(processor.stats().destinations))
process.on('disconnect', () => process.exit())
