import type { TestSpan } from './command-kit.js'

/** A request with the N+1 problem, a parallel group, an exception, an orphan, and services that call each other. */
export const SHOP_TRACE: readonly TestSpan[] = [
  { id: 'root', at: [0, 412], name: 'GET /orders/:id', kind: 1, service: 'storefront' },
  { id: 'auth', parent: 'root', at: [2, 21.5], name: 'check session', service: 'storefront' },
  { id: 'call', parent: 'root', at: [24, 351], name: 'GET', kind: 2, service: 'storefront' },
  {
    id: 'orders',
    parent: 'call',
    at: [26, 349],
    name: 'GET /api/orders/:id',
    kind: 1,
    service: 'orders',
  },
  ...Array.from(
    { length: 48 },
    (_, i): TestSpan => ({
      id: `q${i}`,
      parent: 'orders',
      at: [30 + i * 6.4, 30 + i * 6.4 + 6.25],
      name: 'SELECT users',
      kind: 2,
      service: 'orders',
    }),
  ),
  ...Array.from(
    { length: 6 },
    (_, i): TestSpan => ({
      id: `p${i}`,
      parent: 'root',
      at: [352, 360 + i],
      name: 'GET image',
      kind: 2,
      service: 'storefront',
    }),
  ),
  {
    id: 'pay',
    parent: 'root',
    at: [368, 405],
    name: 'POST /charge',
    kind: 2,
    service: 'storefront',
    error: 'card declined',
    attributes: { 'http.request.method': 'POST', 'payment.amount': '12.50' },
    exception: {
      type: 'PaymentError',
      message: 'card declined',
      stack: [
        'PaymentError: card declined',
        '    at charge (/app/src/payment.js:42:11)',
        '    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)',
        '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
        '    at async order (/app/src/orders.js:17:3)',
      ].join('\n'),
    },
  },
  {
    id: 'lost',
    parent: 'nowhere',
    at: [380, 395],
    name: 'audit order 漢字 👩‍👩‍👧',
    service: 'audit',
  },
]

/** Everything that text can do to a terminal. */
export const HOSTILE =
  '\x1b[31mred\x1b[2J\x1b]0;title\x07\x9b1m\nline two\r\tab \u202egnp.exe\u202c \u200b\ufeff\x00\x07 👩‍👩‍👧 漢字 e\u0301 ``` <script>'
