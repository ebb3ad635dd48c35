// What a metric reader collects from a service: a thousand data points of counters, gauges and histograms, with two to four
// attributes each. The SDK makes them; each collection has other values.
import { ValueType } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AggregationTemporality, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { resource } from './reference.mjs'
import { seededRandom } from './span-factory.mjs'

const ROUTES = Array.from({ length: 50 }, (_, n) => `/api/v1/resource-${n}/:id`)
const METHODS = ['GET', 'POST', 'PUT', 'DELETE']
const STATUSES = [200, 404, 500]
/** 600 of a counter, 200 of a histogram, 200 of a gauge. */
export const POINTS = 1000

/** Resolves with `count` collections, each the `ResourceMetrics` that an exporter gets. */
export async function collections(count) {
  const random = seededRandom()
  const below = (limit) => (random() * limit) | 0
  const reader = new OnDemand({
    aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE,
  })
  const provider = new MeterProvider({
    resource: resourceFromAttributes(resource),
    readers: [reader],
  })
  const meter = provider.getMeter('@opentelemetry/instrumentation-http', '0.223.0')
  const requests = meter.createCounter('http.server.request.count', {
    unit: '{request}',
    description: 'Requests that were answered.',
    valueType: ValueType.INT,
  })
  const durations = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of HTTP server requests.',
    advice: {
      explicitBucketBoundaries: [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
      ],
    },
  })
  const connections = meter.createGauge('db.client.connection.idle', {
    unit: '{connection}',
    description: 'Idle connections of a pool.',
  })
  const made = []
  for (let n = 0; n < count; n++) {
    for (const route of ROUTES)
      for (const method of METHODS) {
        const attributes = { 'http.route': route, 'http.request.method': method }
        for (const status of STATUSES)
          requests.add(1 + below(9), { ...attributes, 'http.response.status_code': status })
        durations.record(random() ** 3 * 8, attributes)
        connections.record(below(20), {
          'db.client.connection.pool.name': `${method} ${route}`,
          shard: method,
        })
      }
    const { resourceMetrics, errors } = await reader.collect()
    if (errors.length > 0) throw errors[0]
    made.push(resourceMetrics)
  }
  return made
}

class OnDemand extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}
