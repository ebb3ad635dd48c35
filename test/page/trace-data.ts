import type { SpanRow } from '../../packages/queries/src/index.js'

export const TRACE = '0af7651916cd43dd8448eb211c80319c'
export const OTHER_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
export const OLD_US = 1_780_000_000_000_000

const ms = (value: number): number => Math.round(value * 1e6)

export type Make = Partial<SpanRow> & { id: string; parent?: string; at: [number, number] }

/** A span; times in ms from the start of the trace. */
export function spanRow({ id, parent = '', at: [from, to], ...more }: Make): SpanRow {
  return {
    trace_id: TRACE,
    span_id: id,
    parent_span_id: parent,
    service: 'storefront',
    name: id,
    kind: 'internal',
    start_us: OLD_US + Math.round(from * 1000),
    duration_ns: ms(to - from),
    status: 'unset',
    status_message: '',
    offset_ns: ms(from),
    trace_state: '',
    attributes: {},
    resource: {
      'service.name': more.service ?? 'storefront',
      'service.version': '1.4.0',
      'host.name': 'shop-7d9f',
      'process.runtime.version': '22.12.0',
    },
    scope_name: '@opentelemetry/instrumentation-http',
    scope_version: '0.223.0',
    events: [],
    links: [],
    ...more,
  }
}

const id = (number: number): string => number.toString(16).padStart(16, '0')

const STACK = `CardDeclinedError: Card declined: insufficient funds
    at charge (/srv/payments/src/charge.js:42:11)
    at async pay (/srv/payments/src/pay.js:18:5)
    at Layer.handle [as handle_request] (/srv/payments/node_modules/express/lib/router/layer.js:95:5)
    at next (/srv/payments/node_modules/express/lib/router/route.js:149:13)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)`

/** A checkout of a shop: five services, 48 queries one after another, a failed payment, and an orphan. */
export function checkout(changes: { queries?: number; slowMs?: number } = {}): SpanRow[] {
  const { queries = 48, slowMs = 0 } = changes
  const end = 612 + slowMs
  return [
    spanRow({
      id: id(1),
      at: [0, end],
      name: 'POST /checkout',
      kind: 'server',
      status: 'error',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/checkout',
        'http.response.status_code': '502',
        'url.full': 'https://shop.example.com/checkout?cart=8841',
        'user.id': 'user-1204',
        'user_agent.original':
          'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      },
    }),
    spanRow({
      id: id(2),
      parent: id(1),
      at: [1, 3],
      name: 'middleware - session',
      scope_name: '@opentelemetry/instrumentation-express',
    }),
    spanRow({
      id: id(3),
      parent: id(1),
      at: [3, end - 4],
      name: 'request handler - /checkout',
      scope_name: '@opentelemetry/instrumentation-express',
    }),
    spanRow({ id: id(4), parent: id(3), at: [6, 360], name: 'GET /cart/8841', kind: 'client' }),
    spanRow({
      id: id(5),
      parent: id(4),
      at: [9, 356],
      name: 'GET /cart/:id',
      kind: 'server',
      service: 'cart',
      events: [
        { offset_ns: ms(30), name: 'cache.miss', attributes: { 'cache.key': 'cart:8841' } },
        { offset_ns: ms(200), name: 'slow.warning', attributes: {} },
      ],
    }),
    ...Array.from({ length: queries }, (_, n) =>
      spanRow({
        id: id(100 + n),
        parent: id(5),
        at: [12 + n * 7, 12 + n * 7 + 6.5],
        name: 'SELECT cart.items',
        kind: 'client',
        service: 'cart',
        scope_name: '@opentelemetry/instrumentation-pg',
        attributes: {
          'db.system.name': 'postgresql',
          'db.query.text': `SELECT * FROM items WHERE id = $1 /* ${n} */`,
        },
      }),
    ),
    spanRow({
      id: id(6),
      parent: id(3),
      at: [362, 420],
      name: 'POST /reservations',
      kind: 'client',
      links: [
        {
          trace_id: OTHER_TRACE,
          span_id: '00f067aa0ba902b7',
          trace_state: '',
          attributes: { why: 'retry' },
        },
        { trace_id: TRACE, span_id: id(5), trace_state: '', attributes: {} },
      ],
    }),
    spanRow({
      id: id(7),
      parent: id(6),
      at: [366, 416],
      name: 'POST /reservations',
      kind: 'server',
      service: 'inventory',
    }),
    spanRow({
      id: id(8),
      parent: id(3),
      at: [422, end - 8],
      name: 'POST /pay',
      kind: 'client',
      status: 'error',
    }),
    spanRow({
      id: id(9),
      parent: id(8),
      at: [426, end - 12],
      name: 'POST /pay',
      kind: 'server',
      service: 'payments',
      status: 'error',
      status_message: 'Card declined: insufficient funds',
      attributes: {
        'payment.provider': 'acme',
        'payment.amount': '129.90',
        'payment.request':
          '{"card":"…4242","amount":129.9,"currency":"EUR","retries":[{"after":"200ms"},{"after":"400ms"}]}',
      },
      events: [
        {
          offset_ns: ms(590),
          name: 'exception',
          attributes: {
            'exception.type': 'CardDeclinedError',
            'exception.message': 'Card declined: insufficient funds',
            'exception.stacktrace': STACK,
          },
        },
      ],
    }),
    spanRow({
      id: id(10),
      parent: 'feedfacefeedface',
      at: [596, 604],
      name: 'send receipt',
      kind: 'consumer',
      service: 'mailer',
    }),
  ]
}

/** 10,000 spans: 20 services, 8 levels, attributes like those of a real application. */
export function manySpans(count = 10_000): SpanRow[] {
  return Array.from({ length: count }, (_, n) => {
    const parent = n === 0 ? '' : id(Math.floor((n - 1) / 4) + 1)
    const from = n === 0 ? 0 : (n * 900) / count
    return spanRow({
      id: id(n + 1),
      parent,
      at: [from, n === 0 ? 1000 : from + 5 + (n % 90)],
      name: `operation ${n % 400}`,
      service: `service-${n % 20}`,
      status: n % 500 === 499 ? 'error' : 'unset',
      attributes: {
        'http.request.method': 'GET',
        'url.full': `http://127.0.0.1:40001/products/sku-${n}`,
        'http.route': '/products/:id',
        'http.response.status_code': '200',
        'network.protocol.version': '1.1',
        'server.address': '127.0.0.1',
        'user.id': `user-${n}`,
        'user_agent.original': 'undici',
      },
    })
  })
}

const SCRIPT =
  '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>'

/** What nobody should send. */
export function hostile(): SpanRow[] {
  return [
    spanRow({
      id: id(1),
      at: [0, 100],
      name: SCRIPT,
      service: '"><b>service</b>\u202egnp.exe',
      status: 'error',
      status_message: `${SCRIPT}\u0000\u001b[31mred`,
      attributes: {
        [SCRIPT]: SCRIPT,
        link: 'javascript:alert(1)',
        __proto__x: 'x',
        long: 'x'.repeat(500_000),
        empty: '',
        'broken.json': '{"a":',
      },
      events: [
        {
          offset_ns: 0,
          name: 'exception',
          attributes: {
            'exception.stacktrace': `${SCRIPT}\n    at ${SCRIPT}`,
            'exception.type': SCRIPT,
          },
        },
        { offset_ns: -1e15, name: SCRIPT, attributes: {} },
      ],
      links: [
        { trace_id: '../../sql?sql=DROP', span_id: SCRIPT, trace_state: '', attributes: {} },
        { trace_id: '', span_id: '', trace_state: '', attributes: {} },
      ],
      trace_state: SCRIPT,
      scope_name: SCRIPT,
    }),
    spanRow({ id: SCRIPT, parent: id(1), at: [10, 20], name: 'x'.repeat(20_000) }),
    spanRow({ id: '', parent: id(1), at: [20, 30], name: '', service: '' }),
    spanRow({ id: id(4), parent: id(5), at: [30, 40] }),
    spanRow({ id: id(5), parent: id(4), at: [-5, 41], duration_ns: -7 }),
    spanRow({ id: id(6), parent: SCRIPT.repeat(10), at: [50, 60] }),
  ]
}
