import { randomBytes, randomInt } from 'node:crypto'
import type { LogRecordLike } from '@spanhouse/transform'
import type { MadePoint } from './numbered-records.mjs'
import { shopResource, shopSpan } from './shop-spans.js'

const LOGGER = { name: 'pino', version: '9.6.0' }
const METER = { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }

/** A line as the demo's shop writes it, within a span. */
export function shopLog(): LogRecordLike {
  const { name, startTime, spanContext, attributes, resource } = shopSpan()
  return {
    hrTime: startTime,
    hrTimeObserved: startTime,
    spanContext: { ...spanContext(), traceFlags: 1 },
    severityNumber: 9,
    severityText: 'INFO',
    body: `${name} answered in ${randomInt(1000)} ms`,
    attributes: {
      'http.route': attributes['http.route'],
      'http.response.status_code': attributes['http.response.status_code'],
      'user.id': attributes['user.id'],
      'log.logger': 'shop.http',
    },
    resource,
    instrumentationScope: LOGGER,
    droppedAttributesCount: 0,
  }
}

const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const DURATION = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP server requests.',
  unit: 's',
}
const REQUESTS = { name: 'shop.requests', description: 'Requests so far.', unit: '{request}' }
const HEAP = { name: 'v8js.memory.heap.used', description: '', unit: 'By' }

/** Kinds of metrics, as the SDK has them. */
const METRICS = [
  { descriptor: DURATION, dataPointType: 0, measured: durations },
  { descriptor: REQUESTS, dataPointType: 3, isMonotonic: true, measured: () => randomInt(1e9) },
  { descriptor: HEAP, dataPointType: 2, measured: () => randomInt(1e9) },
]
let made = 0

/** A point of a histogram, a counter or a gauge of the demo's shop, in turn, with an id. */
export function shopPoint(): MadePoint {
  const { startTime, attributes } = shopSpan()
  const { measured, ...metric } = METRICS[made++ % METRICS.length] as (typeof METRICS)[number]
  return {
    resource: shopResource,
    scope: METER,
    metric: {
      ...metric,
      aggregationTemporality: 1,
      dataPoints: [
        {
          startTime: [startTime[0] - 60, 0],
          endTime: startTime,
          attributes: {
            'fault.id': randomBytes(8).toString('hex'),
            'http.request.method': 'GET',
            'http.route': attributes['http.route'],
            'http.response.status_code': attributes['http.response.status_code'],
            'url.scheme': 'http',
          },
          value: measured(),
        },
      ],
    },
  }
}

function durations() {
  const counts = [...BOUNDS, 0].map(() => randomInt(1000))
  const count = counts.reduce((sum, one) => sum + one, 0)
  return { count, sum: count / 30, min: 0.001, max: 9, buckets: { boundaries: BOUNDS, counts } }
}
