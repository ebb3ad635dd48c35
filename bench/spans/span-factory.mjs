// Spans as an application's SDK makes them, not look-alikes: the attributes of a real one are set key by key, and
// V8 reads such an object of twenty keys in another way (as a dictionary) than a literal.
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, RandomIdGenerator } from '@opentelemetry/sdk-trace-base'

export const ids = new RandomIdGenerator()

/** Makes ended spans of plain descriptions, all under one resource: an exporter lives in the process of one service. */
export function spanFactory(resource) {
  let next
  let ended
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes(resource),
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    spanProcessors: [
      {
        onStart() {},
        onEnd(span) {
          ended = span
        },
        async forceFlush() {},
        async shutdown() {},
      },
    ],
  })
  return (description) => {
    next = description
    const { traceId, parentSpanId, scope, name, kind, attributes, startTime } = description
    const parent = parentSpanId && { traceId, spanId: parentSpanId, traceFlags: 1 }
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT
    const tracer = provider.getTracer(scope.name, scope.version)
    const span = tracer.startSpan(name, { kind, attributes, startTime }, context)
    for (const event of description.events) span.addEvent(event.name, event.attributes, event.time)
    span.setStatus(description.status)
    span.end(description.endTime)
    return ended
  }
}
