import { randomBytes, randomInt } from 'node:crypto'
import type { SpanLike } from '@spanhouse/transform'

const PAGES = ['/', '/products/:id', '/search', '/cart', '/checkout', '/charges', '/reservations']
const SCOPE = { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }

export const shopResource: SpanLike['resource'] = {
  attributes: {
    'service.name': 'storefront',
    'service.version': '1.4.0',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '2.12.1',
    'host.name': 'shop-7d9f',
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'project.name': 'shop',
    'deployment.environment.name': 'demo',
    'demo.run_id': randomBytes(4).toString('hex'),
  },
}

const SPANS_A_TRACE = 6
let made = 0
let trace = { traceId: '', root: '' }

/** A span like those of the demo's shop: six a trace, 11 attributes, a resource of 12. */
export function shopSpan(): SpanLike {
  const number = made++
  const spanId = randomBytes(8).toString('hex')
  const isRoot = number % SPANS_A_TRACE === 0
  if (isRoot) trace = { traceId: randomBytes(16).toString('hex'), root: spanId }
  const { traceId, root } = trace
  const route = PAGES[randomInt(PAGES.length)] as string
  const path = route.replace(':id', `sku-${randomInt(500)}`)
  const now = Date.now()
  const start = [Math.floor(now / 1000), (now % 1000) * 1e6 + randomInt(1e6)] as const
  const duration = randomInt(20_000_000)
  const end = start[1] + duration
  return {
    name: `GET ${route}`,
    kind: isRoot ? 1 : 2,
    spanContext: () => ({ traceId, spanId }),
    ...(!isRoot && { parentSpanContext: { traceId, spanId: root } }),
    startTime: start,
    endTime: [start[0] + Math.floor(end / 1e9), end % 1e9],
    status: { code: 0 },
    attributes: {
      'http.request.method': 'GET',
      'url.full': `http://127.0.0.1:40001${path}`,
      'url.path': path,
      'url.scheme': 'http',
      'http.route': route,
      'http.response.status_code': number % 50 === 0 ? 500 : 200,
      'network.protocol.version': '1.1',
      'server.address': '127.0.0.1',
      'client.port': 32768 + randomInt(28000),
      'user.id': `user-${randomInt(2000)}`,
      'user_agent.original': 'undici',
    },
    events: [],
    links: [],
    resource: shopResource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

export function shopSpans(count: number): SpanLike[] {
  return Array.from({ length: count }, shopSpan)
}
