// Log records as an application with a logger makes them: a message of 30 to 120 characters, five attributes, two of three within a
// span, one in ten an error with its stack. They are made by the SDK: plain objects would be read faster.
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { resource } from './reference.mjs'
import { ids, seededRandom } from './span-factory.mjs'

const RECORDS_PER_TRACE = 4
const SCOPE = ['@opentelemetry/instrumentation-pino', '0.69.0']

/** What is logged, with the record that the SDK makes of it: `{ description, context, record }`. */
export function logRecords(count) {
  const random = seededRandom()
  const below = (limit) => (random() * limit) | 0
  const pick = (list) => list[below(list.length)]
  const made = []
  const logger = loggerFor({
    onEmit: (record) => made.push(record),
    async forceFlush() {},
    async shutdown() {},
  })
  let context = ROOT_CONTEXT
  const described = Array.from({ length: count }, (_, n) => {
    if (n % RECORDS_PER_TRACE === 0) context = n % 3 === 0 ? ROOT_CONTEXT : contextOfSpan()
    const failed = n % 10 === 0
    const order = below(1e6)
    const description = {
      timestamp: 1_790_000_000_000 + n * 10 + random(),
      severityNumber: failed ? 17 : 9,
      severityText: failed ? 'ERROR' : 'INFO',
      body: failed
        ? `charging the card of order ${order} failed: the card was declined`
        : pick([
            `order ${order} placed by user ${below(1e5)}`,
            `GET /products/${below(1e5)} answered 200 in ${below(300)} ms`,
            `cart of user ${below(1e5)} holds ${below(20)} articles, worth ${below(9e4) / 100} EUR; the stock of ${below(9)} of them is low`,
          ]),
      attributes: {
        'http.route': pick(['/products/:id', '/cart', '/checkout', '/search', '/orders/:id']),
        'user.id': `u-${below(1e6)}`,
        'order.id': order,
        pid: 4711,
        module: pick(['payment', 'catalogue', 'orders']),
        ...(failed && exception),
      },
    }
    logger.emit({ ...description, context })
    return { description, context }
  })
  return described.map((one, index) => ({ ...one, record: made[index] }))
}

/** A Logger of the SDK that passes each record to the processor at once. */
export function loggerFor(processor) {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(resource),
    processors: [processor],
  })
  return provider.getLogger(...SCOPE)
}

function contextOfSpan() {
  const span = { traceId: ids.generateTraceId(), spanId: ids.generateSpanId(), traceFlags: 1 }
  return trace.setSpanContext(ROOT_CONTEXT, span)
}

const exception = {
  'exception.type': 'PaymentError',
  'exception.message': 'the card was declined',
  'exception.stacktrace':
    'PaymentError: the card was declined\n    at charge (/app/payment.js:41:11)\n    at checkout (/app/checkout.js:88:5)',
}
