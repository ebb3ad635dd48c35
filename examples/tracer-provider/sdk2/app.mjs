import { SpanKind, trace } from '@opentelemetry/api'

const tracer = trace.getTracer('checkout')

tracer.startActiveSpan('take order', (order) => {
  tracer.startActiveSpan('charge card', { kind: SpanKind.CLIENT }, (charge) => {
    charge.setAttribute('user.id', 'u-42')
    charge.end()
  })
  order.end()
})

// The process ends by itself here, and the exporter sends what waits before that.
