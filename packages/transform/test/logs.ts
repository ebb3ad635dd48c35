import { flatLogs, type LogRecordLike, otelLogs, type Table } from '../src/index.js'

export const logTables: [string, Table<LogRecordLike>][] = [
  ['flat logs', flatLogs],
  ['otel logs', otelLogs],
]

/** A log record within a span, with `changes` of a test's own. Casts, because tests give what types forbid. */
export function makeLog(changes: Record<string, unknown> = {}): LogRecordLike {
  const record = {
    hrTime: [1729627200, 145000000],
    hrTimeObserved: [1729627200, 146000000],
    spanContext: {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 1,
    },
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'the card was declined',
    eventName: 'payment.declined',
    attributes: { 'user.id': 'u-7', 'cart.items': 3, 'http.route': '/cart' },
    droppedAttributesCount: 0,
    resource: {
      attributes: {
        'service.name': 'shop',
        'project.name': 'demo',
        'deployment.environment.name': 'test',
        'k8s.pod.name': 'shop-7',
      },
      schemaUrl: 'https://example.com/resource',
    },
    instrumentationScope: {
      name: 'pino',
      version: '1.2.3',
      schemaUrl: 'https://example.com/scope',
      attributes: { b: 2, a: 1 },
    },
  }
  return Object.defineProperties(
    record,
    Object.getOwnPropertyDescriptors(changes),
  ) as unknown as LogRecordLike
}

/** Bodies and attributes of every kind of AnyValue, each with its text in a row. */
export const anyValues: readonly [name: string, value: unknown, text: string][] = [
  ['text', 'é "quoted" \n漢😀', 'é "quoted" \n漢😀'],
  ['empty text', '', ''],
  ['true', true, 'true'],
  ['false', false, 'false'],
  ['whole number', 42, '42'],
  ['negative zero', -0, '-0'],
  ['fraction', 0.1, '0.1'],
  ['large number', 1e21, '1e+21'],
  ['small number', 1e-7, '1e-7'],
  ['NaN', Number.NaN, 'NaN'],
  ['infinity', Number.POSITIVE_INFINITY, 'Infinity'],
  ['minus infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
  ['bigint', 9_223_372_036_854_775_807n, '9223372036854775807'],
  ['bytes', new Uint8Array([0, 255, 16]), 'AP8Q'],
  ['null', null, ''],
  ['nothing', undefined, ''],
  ['list', [1, 'a', true, null, [2.5]], '[1,"a",true,null,[2.5]]'],
  ['empty list', [], '[]'],
  ['map', { b: 1, a: { d: 'x', c: [] } }, '{"a":{"c":[],"d":"x"},"b":1}'],
  ['map with bytes', { bytes: new Uint8Array([1]) }, '{"bytes":"AQ=="}'],
]

/** One record of every sort. */
export function allLogs(): LogRecordLike[] {
  const times = [
    [0, 0],
    [1, 500_000_000],
    [-1, 5],
    [4_294_967_295, 1],
    [9e9, 1],
  ]
  return [
    makeLog(),
    ...anyValues.map(([name, body]) => makeLog({ body, attributes: { [name]: body } })),
    ...times.map((hrTime) => makeLog({ hrTime, hrTimeObserved: hrTime })),
    makeLog({ hrTime: [0, 0] }),
    makeLog({ hrTime: undefined }),
    makeLog({ spanContext: undefined }),
    makeLog({ spanContext: { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 257 } }),
    ...[0, 1, 24, 255, 300, -1].map((severityNumber) => makeLog({ severityNumber })),
    makeLog({ severityText: undefined, severityNumber: undefined, eventName: undefined }),
    makeLog({ droppedAttributesCount: 4, attributes: {} }),
    makeLog({ resource: {}, instrumentationScope: {} }),
  ]
}
