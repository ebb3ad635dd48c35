import './telemetry.mjs'
import { SpanKind, trace } from '@opentelemetry/api'
import { withFlush } from '@spanhouse/exporter-clickhouse'

const tracer = trace.getTracer('orders')

async function takeOrder(event) {
  const span = tracer.startSpan('take order', { kind: SpanKind.SERVER })
  span.setAttribute('order.id', event.orderId)
  span.end()
  return { statusCode: 200 }
}

// Lambda may freeze the process as soon as it has the result, so the spans are delivered before.
export const handler = withFlush(takeOrder, { timeoutMs: 2000 })
