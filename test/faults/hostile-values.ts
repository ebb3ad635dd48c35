import type { Random } from './seed.js'

type Value = (random: Random) => unknown

const FRAGMENTS = [
  '\ud800',
  '\udc00',
  '\udbff\ud83d',
  '\0',
  '\x01\x1b[31m',
  '\b\f\v\t',
  '\n',
  '\r\n',
  '"',
  "'",
  '`',
  '\\',
  '\\u0000',
  '\u2028\u2029',
  '\ufeff\ufffe\uffff',
  '\x7f\x80\x9f',
  'é',
  'ß€',
  '漢字',
  '😀',
  '👍🏽',
  '𝄞',
  '\u0301',
  '\u202e',
  '--',
  '/*',
  ';',
  '{a:String}',
  '%25',
  '$1',
  '__proto__',
  'ordinary text of some length, longer than sixteen bytes',
  'x',
]

/** Texts that are dangerous for encoders, parsers, terminals and SQL. */
export function hostileText(random: Random): string {
  let text = ''
  for (let left = random.between(0, 6); left > 0; left--) text += random.pick(FRAGMENTS)
  return text
}

const KEYS = ['', 'a', '0', '42', '__proto__', 'constructor', 'toJSON', 'length', 'service.name']

export function hostileKey(random: Random): string {
  return random.chance(0.5) ? random.pick(KEYS) : hostileText(random)
}

const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  -1,
  0.1,
  1e21,
  1e-7,
  1e308,
  5e-324,
  2 ** 31,
  2 ** 32,
  2 ** 53 + 2,
  2 ** 63,
  2 ** 64,
  -(2 ** 63),
]

const TEXTS_THAT_ARE_NO_TEXTS = [
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '0x10',
  'null',
  'true',
  '[]',
  '{}',
  '1729627200000000000',
  '2024-10-22T20:00:00Z',
  ' 7 ',
]

/** Values that no attribute, name, time or id should have. Each gives the same result at every read. */
export const VALUES: Readonly<Record<string, Value>> = {
  undefined: () => undefined,
  null: () => null,
  'a boolean': (random) => random.chance(0.5),
  'a number': (random) => random.pick(NUMBERS),
  'a bigint': (random) => random.pick([0n, -1n, 2n ** 63n, 2n ** 64n, 2n ** 300n]),
  'an empty text': () => '',
  'a hostile text': hostileText,
  'a text that looks like something else': (random) => random.pick(TEXTS_THAT_ARE_NO_TEXTS),
  'a String object': () => new String('boxed'),
  'a Number object': () => new Number(7),
  'a symbol': () => Symbol('s'),
  'a function': () => () => 1,
  'a class': () => class Cart {},
  'a Date': (random) => new Date(random.pick([0, 1_729_627_200_145, -1, Number.NaN, 8.64e15])),
  'a RegExp': () => /x/g,
  'an Error': () => new RangeError('it was \ud800'),
  'a Map': (random) =>
    new Map<unknown, unknown>([
      [hostileKey(random), 1],
      [{ key: 1 }, new Set([1, 'a'])],
      [Number.NaN, null],
    ]),
  'a Set': () => new Set([1, 'a', null]),
  'an empty list': () => [],
  'a list of anything': (random) => [1, hostileText(random), null, undefined, 10n, [[]], { b: {} }],
  'a list with holes': () => Object.assign([1], { 3: 'three', extra: true }),
  'a pair that is no time': (random) => [random.pick(NUMBERS), random.pick(NUMBERS)],
  'a pair of texts': () => ['1729627200', '5'],
  'a list of one': () => [1_729_627_200],
  bytes: () => new Uint8Array([0, 255, 128]),
  'a Buffer': () => Buffer.from('h\u00e9llo'),
  floats: () => new Float32Array([1.5, Number.NaN, Number.NEGATIVE_INFINITY]),
  'an ArrayBuffer': () => new ArrayBuffer(4),
  'an empty object': () => ({}),
  'an object without a prototype': () => Object.assign(Object.create(null), { x: 1 }),
  'an object with keys of Object.prototype': () =>
    JSON.parse('{"__proto__":{"polluted":1},"constructor":1,"hasOwnProperty":2,"toString":3}'),
  'an object with a toJSON': () => ({ toJSON: () => 'from toJSON' }),
  'an object whose toJSON, toString and valueOf throw': () => ({
    toJSON: throws,
    toString: throws,
    valueOf: throws,
    [Symbol.toPrimitive]: throws,
  }),
  'a cycle': () => {
    const list: unknown[] = [1]
    const object: Record<string, unknown> = { list }
    list.push(object)
    object['self'] = object
    return object
  },
  'a getter that throws': () =>
    Object.defineProperty({ fine: 1 }, 'bad', { enumerable: true, get: throws }),
  'a Proxy whose traps throw': () => new Proxy({}, THROWING_TRAPS),
  'a list that is a Proxy whose traps throw': () => new Proxy([1, 2], THROWING_TRAPS),
  'a revoked Proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy
  },
  'a Proxy that invents keys': () =>
    new Proxy(
      { a: 1 },
      {
        ownKeys: () => ['a', 'ghost', 'phantom'],
        getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
        get: (_, key) => String(key),
      },
    ),
  'a Promise': () => Promise.resolve(1),
  'a WeakMap': () => new WeakMap(),
  'a generator': () => (function* () {})(),
}

/** More such values, which cost a thousand times as much. */
export const HEAVY_VALUES: Readonly<Record<string, Value>> = {
  'a very long text': (random) => `${hostileText(random)}é"`.repeat(random.between(1_000, 5_000)),
  'ten thousand levels': () => {
    let deep: unknown = 'bottom'
    for (let level = 0; level < 10_000; level++) deep = level % 2 ? [deep] : { deep }
    return deep
  },
  'a list that is almost empty': () => new Array(4_000_000_000),
  'a small graph that prints endlessly': () => {
    let node: unknown = 'leaf'
    for (let level = 0; level < 12; level++) node = [node, node]
    return node
  },
}

const THROWING_TRAPS: ProxyHandler<object> = {
  has: throws,
  get: throws,
  ownKeys: throws,
  getPrototypeOf: throws,
  getOwnPropertyDescriptor: throws,
}

function throws(): never {
  throw new Error('it throws when it is read')
}
