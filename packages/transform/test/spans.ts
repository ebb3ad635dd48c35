import type { SpanLike } from '../src/index.js'

/** A span as an SDK gives it, with `changes` of a test's own. Casts, because tests give what types forbid. */
export function makeSpan(changes: Record<string, unknown> = {}): SpanLike {
  const span = {
    name: 'GET /cart',
    kind: 1,
    spanContext: () => ({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceState: { serialize: () => 'vendor=1' },
    }),
    parentSpanContext: { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7' },
    startTime: [1729627200, 5],
    endTime: [1729627200, 145_000_005],
    status: { code: 2, message: 'out of stock' },
    attributes: { 'http.route': '/cart', 'http.response.status_code': 500 },
    events: [{ name: 'exception', time: [1729627200, 7], attributes: { 'exception.type': 'E' } }],
    links: [
      {
        context: { traceId: '1af7651916cd43dd8448eb211c80319c', spanId: 'c7ad6b7169203331' },
        attributes: { reason: 'retry' },
      },
    ],
    resource: {
      attributes: {
        'service.name': 'shop',
        'project.name': 'demo',
        'deployment.environment.name': 'test',
      },
    },
    instrumentationScope: { name: 'http', version: '1.2.3' },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
  return Object.defineProperties(
    span,
    Object.getOwnPropertyDescriptors(changes),
  ) as unknown as SpanLike
}

/** The span of seed 003, whose date is one year off: 1729627200 is 2024-10-22 20:00:00 UTC. */
export const seedSpan: unknown = JSON.parse(`{
  "traceId": "abc123",
  "spanId": "def456",
  "name": "user.login",
  "startTimeUnixNano": 1729627200000000000,
  "endTimeUnixNano": 1729627200145000000,
  "attributes": [{"key": "user.id", "value": {"stringValue": "123"}}],
  "resource": {"attributes": [
    {"key": "service.name", "value": {"stringValue": "my-app"}},
    {"key": "project.name", "value": {"stringValue": "my-app"}}
  ]},
  "status": {"code": 1}
}`)

/** Values no attribute should have, by name. */
export function hostileValues(): Record<string, unknown> {
  const circular: Record<string, unknown> = { a: 1 }
  circular['self'] = circular
  let deep: unknown = 'bottom'
  for (let level = 0; level < 10_000; level++) deep = level % 2 ? [deep] : { deep }
  return {
    loneSurrogates: 'a\ud800b\udc00c\udbff',
    control: '\u0000\u0001\b\t\n\u001f\u007f"\\/\u2028\u2029\ufeff\u001b[31m',
    emoji: '👍🏽',
    nan: Number.NaN,
    infinity: Number.POSITIVE_INFINITY,
    minusInfinity: Number.NEGATIVE_INFINITY,
    minusZero: -0,
    tiny: 5e-324,
    huge: 1e308,
    bigint: 2n ** 70n,
    symbol: Symbol('s'),
    fn: () => 1,
    null: null,
    undefined: undefined,
    circular,
    deep,
    invalidDate: new Date(Number.NaN),
    date: new Date(1729627200145),
    map: new Map<unknown, unknown>([
      ['k', 1],
      [{ key: 1 }, new Set([1, 'a'])],
    ]),
    // biome-ignore lint/suspicious/noSparseArray: the point
    sparse: [1, , 3],
    verySparse: new Array(4_000_000_000),
    bytes: new Uint8Array([0, 255, 128]),
    buffer: Buffer.from('héllo'),
    floats: new Float32Array([1.5, Number.NaN]),
    throwingGetter: Object.defineProperty({ fine: 1 }, 'bad', {
      enumerable: true,
      get() {
        throw new Error('getter')
      },
    }),
    throwingToJson: {
      toJSON() {
        throw new Error('toJSON')
      },
    },
    proxy: new Proxy({}, throwingTraps()),
    proxyArray: new Proxy([1, 2], throwingTraps()),
    classInstance: new (class Cart {
      items = ['a']
    })(),
    nullPrototype: Object.assign(Object.create(null), { x: 1 }),
    nasty: JSON.parse('{"__proto__":{"polluted":1},"constructor":1,"hasOwnProperty":2}'),
    mixed: [1, 'a', true, null, undefined, Number.NaN, 10n, new Uint8Array([1]), { b: [] }],
    lonesInside: { 'k\ud800': ['v\udc00'] },
  }
}

function throwingTraps(): ProxyHandler<object> {
  const trap = (): never => {
    throw new Error('trap')
  }
  return {
    has: (_target, key) => typeof key !== 'symbol' && trap(), // fast-check asks every value for a symbol
    get: trap,
    ownKeys: trap,
    getPrototypeOf: trap,
    getOwnPropertyDescriptor: trap,
  }
}
