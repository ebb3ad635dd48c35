// The spans that the targets are set on: 11 attributes, a resource of 12, one in four with an exception event, eight to a trace.
// For the sweep, the same with 3 attributes and with 40.
import { ids, seededRandom, spanFactory } from './span-factory.mjs'

const SPANS_PER_TRACE = 8

export function referenceSpans(count, attributeCount = 11) {
  const random = seededRandom()
  const below = (limit) => (random() * limit) | 0
  const pick = (list) => list[below(list.length)]
  const makeSpan = spanFactory(resource)
  let traceId
  let rootId
  return Array.from({ length: count }, (_, n) => {
    const route = pick(['/products/:id', '/cart', '/checkout', '/search', '/orders/:id'])
    const failed = n % 4 === 0
    const isRoot = n % SPANS_PER_TRACE === 0
    const spanId = ids.generateSpanId()
    if (isRoot) {
      traceId = ids.generateTraceId()
      rootId = spanId
    }
    const startTime = [1_790_000_000 + ((n / 100) | 0), below(1e9)]
    const attributes = {
      'http.request.method': 'GET',
      'http.route': route,
      'http.response.status_code': failed ? 500 : 200,
      'url.path': `/products/${below(1e5)}`,
      'url.scheme': 'https',
      'server.address': 'shop.example.com',
      'server.port': 443,
      'network.protocol.version': '1.1',
      'user_agent.original':
        'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
      'user.id': `u-${below(1e6)}`,
      'cart.items': below(10),
    }
    for (let more = 11; more < attributeCount; more++)
      attributes[`app.detail_${more}`] = [below(1000), `value ${below(1e4)}`, 'steady'][more % 3]
    return makeSpan({
      traceId,
      spanId,
      parentSpanId: isRoot ? undefined : rootId,
      scope,
      name: `${pick(['GET', 'POST'])} ${route}`,
      kind: n % 3,
      startTime,
      endTime: [startTime[0] + 1 + (n % 2), below(1e9)],
      status: failed ? { code: 2, message: 'the card was declined' } : { code: 0 },
      attributes: Object.fromEntries(Object.entries(attributes).slice(0, attributeCount)),
      events: failed ? [{ ...exception, time: startTime }] : [],
    })
  })
}

const scope = { name: '@opentelemetry/instrumentation-http', version: '0.223.0' }

const exception = {
  name: 'exception',
  attributes: {
    'exception.type': 'PaymentError',
    'exception.message': 'the card was declined',
    'exception.stacktrace':
      'PaymentError: the card was declined\n    at charge (/app/payment.js:41:11)\n    at checkout (/app/checkout.js:88:5)',
  },
}

export const resource = {
  'service.name': 'checkout',
  'service.version': '1.4.0',
  'service.namespace': 'shop',
  'service.instance.id': '627cc493-f310-47de-96bd-71410b7dec09',
  'deployment.environment.name': 'production',
  'host.name': 'ip-10-1-2-3.eu-central-1.compute.internal',
  'host.arch': 'amd64',
  'os.type': 'linux',
  'process.pid': 4711,
  'process.runtime.name': 'nodejs',
  'process.runtime.version': '20.20.2',
  'telemetry.sdk.language': 'nodejs',
}
