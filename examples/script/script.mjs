import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'nightly-report' }),
  spanProcessors: [new ClickHouseSpanProcessor()],
})

const span = provider.getTracer('report').startSpan('count orders')
span.setAttribute('orders', 1200)
span.end()

// The script ends by itself here, and the exporter sends what waits before that.
