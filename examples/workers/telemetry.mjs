// Every thread and every process of a cluster imports this file, and so has an exporter of its own.
import { trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'thumbnails', 'process.pid': process.pid }),
  spanProcessors: [new ClickHouseSpanProcessor({ flushOnSignal: true })],
})

trace.setGlobalTracerProvider(provider)
