// Spans as a web shop makes them: 11 attributes, a resource of 12, one in four with an exception event.
// Seeded, so that every run has the same ones.

export function realisticSpans(count) {
  const random = mulberry32(42)
  const hex = (digits) =>
    Array.from({ length: digits }, () => ((random() * 16) | 0).toString(16)).join('')
  const pick = (list) => list[(random() * list.length) | 0]
  return Array.from({ length: count }, (_, n) => {
    const context = { traceId: hex(32), spanId: hex(16), traceFlags: 1 }
    const start = [1_790_000_000 + ((n / 100) | 0), (random() * 1e9) | 0]
    const route = pick(['/products/:id', '/cart', '/checkout', '/search', '/orders/:id'])
    const failed = n % 4 === 0
    return {
      name: `${pick(['GET', 'POST'])} ${route}`,
      kind: n % 3,
      spanContext: () => context,
      parentSpanContext: { traceId: context.traceId, spanId: hex(16), traceFlags: 1 },
      startTime: start,
      endTime: [start[0] + (n % 2), (random() * 1e9) | 0],
      duration: [0, 1_000_000],
      status: failed ? { code: 2, message: 'the card was declined' } : { code: 0 },
      attributes: {
        'http.request.method': 'GET',
        'http.route': route,
        'url.path': `/products/${(random() * 1e5) | 0}`,
        'url.scheme': 'https',
        'server.address': 'shop.example.com',
        'server.port': 443,
        'http.response.status_code': failed ? 500 : 200,
        'network.protocol.version': '1.1',
        'user_agent.original':
          'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0',
        'user.id': `u-${(random() * 1e6) | 0}`,
        'cart.items': (random() * 10) | 0,
      },
      events: failed
        ? [
            {
              name: 'exception',
              time: start,
              attributes: {
                'exception.type': 'PaymentError',
                'exception.message': 'the card was declined',
                'exception.stacktrace':
                  'PaymentError: the card was declined\n    at charge (/app/payment.js:41:11)\n    at checkout (/app/checkout.js:88:5)',
              },
            },
          ]
        : [],
      links: [],
      resource,
      instrumentationScope: { name: '@opentelemetry/instrumentation-http', version: '0.223.0' },
      ended: true,
    }
  })
}

const resource = {
  attributes: {
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
  },
}

function mulberry32(seed) {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
