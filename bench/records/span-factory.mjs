// Makes spans with OpenTelemetry's own SDK. Plain objects would be read faster: the SDK sets attributes key by key, and V8 turns an
// object of twenty such keys into a dictionary.
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, RandomIdGenerator } from '@opentelemetry/sdk-trace-base'

export const ids = new RandomIdGenerator()

/** Makes ended spans from plain descriptions, all under one resource: an exporter lives in the process of one service. */
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

/** Numbers from 0 to 1, the same in every run (mulberry32). */
export function seededRandom() {
  let a = 42
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
