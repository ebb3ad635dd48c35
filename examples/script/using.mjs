// `await using` needs Node 24, or TypeScript, which translates it for older versions.
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

{
  await using processor = new ClickHouseSpanProcessor()
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'nightly-report' }),
    spanProcessors: [processor],
  })

  const span = provider.getTracer('report').startSpan('count orders')
  span.setAttribute('orders', 1200)
  span.end()
} // Here the exporter sends what waits.

process.exit()
