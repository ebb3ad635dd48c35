// record.mjs loads this into each service of the shop. It keeps every span that ends, and writes them to one file per service
// when the tracer provider shuts down.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spanCounter } from '../../examples/shop/counters.mjs'

const spans = []
const { onEnd, shutdown } = spanCounter

spanCounter.onEnd = (span) => {
  onEnd(span)
  spans.push(span)
}

spanCounter.shutdown = async () => {
  await shutdown()
  const file = join(process.env.SPANHOUSE_RECORDING, `${process.env.SHOP_SERVICE}.json`)
  writeFileSync(file, JSON.stringify(spans.map(plain)))
}

function plain(span) {
  const { traceId, spanId } = span.spanContext()
  const { name, kind, parentSpanContext, startTime, endTime, status, attributes, events, links } =
    span
  const resource = span.resource.attributes
  const scope = span.instrumentationScope
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanContext?.spanId,
    name,
    kind,
    startTime,
    endTime,
    status,
    attributes,
    events,
    links,
    resource,
    scope,
  }
}
