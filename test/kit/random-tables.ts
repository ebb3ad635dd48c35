import fc from 'fast-check'

// Types of ClickHouse, and values that fit them more or less.

const NUMBERS = [8, 16, 32, 64, 128, 256].flatMap((bits) => [`Int${bits}`, `UInt${bits}`])
const ENUM = "Enum8('ok' = 1, 'it\\'s' = -2, 'na,(me' = 100)"
const TEXTS = ['String', 'FixedString(3)', 'FixedString(16)', 'LowCardinality(String)']

/** Types of one value. */
export const SCALARS: readonly string[] = [
  ...NUMBERS,
  ...TEXTS,
  ENUM,
  "Enum16('a' = 5, 'b')",
  ...['UUID', 'IPv4', 'IPv6', 'Bool', 'Float32', 'Float64', 'BFloat16'],
  ...['Decimal(9, 2)', 'Decimal(76, 38)', 'Decimal32(9)', 'Decimal64(0)', 'Decimal128(30)'],
  'Decimal256(50)',
  ...['Date', 'Date32', 'DateTime', "DateTime('Asia/Tokyo')"],
  ...['DateTime64(0)', 'DateTime64(3)', "DateTime64(9, 'UTC')"],
]

const scalar = fc.constantFrom(...SCALARS)

const nullable = fc.oneof(
  scalar.filter((type) => !type.startsWith('LowCardinality')).map((type) => `Nullable(${type})`),
  fc.constantFrom('LowCardinality(Nullable(String))', 'LowCardinality(Nullable(FixedString(2)))'),
)

/** Types of which each row may have another one. */
export const FREE: readonly string[] = [
  'JSON',
  'JSON(a UInt8, `b.c` Array(String), max_dynamic_paths = 4)',
  'Dynamic',
  'Variant(String, UInt64)',
  'Variant(Bool, String, Float64)',
  'Variant(UInt64, Array(UInt64))',
]

const free = fc.constantFrom(...FREE, 'Nullable(JSON)')

const key = fc.constantFrom(
  ...['String', 'LowCardinality(String)', 'FixedString(4)', 'UInt8', 'Int64', 'UInt256'],
  ...['UUID', 'Date', 'IPv4', 'IPv6', ENUM],
)

/** A type, up to three levels deep. */
export const anyType: fc.Arbitrary<string> = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'type' },
    { arbitrary: scalar, weight: 4 },
    { arbitrary: nullable, weight: 2 },
    { arbitrary: free, weight: 1 },
    { arbitrary: tie('type').map((inner) => `Array(${inner})`), weight: 2 },
    {
      arbitrary: fc.tuple(key, tie('type')).map(([of, inner]) => `Map(${of}, ${inner})`),
      weight: 2,
    },
    {
      arbitrary: fc.tuple(tie('type'), tie('type')).map(([a, b]) => `Tuple(${a}, ${b})`),
      weight: 1,
    },
    {
      arbitrary: fc.tuple(tie('type'), tie('type')).map(([a, b]) => `Tuple(a ${a}, \`b c\` ${b})`),
      weight: 1,
    },
  ),
})).type

/** Each fits some types. */
export const FITTING: readonly unknown[] = [
  ...[0, 1, -1, 2, 5, 100, 255, 256, -129, 1.5, 0.1, -0, 1e9, 1e21, 1e300, -1e-300, 2 ** 63],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER],
  ...[0n, 7n, -(2n ** 63n), 2n ** 64n, 10n ** 76n, -(2n ** 255n), 2n ** 256n],
  ...[
    true,
    false,
    null,
    undefined,
    '',
    'ok',
    "it's",
    'na,(me',
    'a',
    'b',
    'é€😀',
    'a\ud800',
    '\0\n"\\',
  ],
  ...['7', '-12.345', '1e10', '99999999999999999999', 'true', 'NaN', '{"a":{"b":1}}', '[1]'],
  ...['0af7651916cd43dd8448eb211c80319c', '0AF76519-16CD-43DD-8448-EB211C80319C'],
  ...['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '::', 'fe80::1%eth0', '256.1.1.1'],
  ...[
    '2024-10-22',
    '2024-10-22T20:00:00.123456789Z',
    '1900-01-01',
    '2262-12-31 00:00:00',
    '9999-12-31',
  ],
  ...[
    [1_729_627_200, 5],
    [-5, 0],
    [1e11, 0],
    new Date(0),
    new Date(Number.NaN),
    1_729_627_200_145_000_000n,
  ],
  ...[() => 1, Symbol('s'), new Uint8Array([1, 2]), new Map([['a', 1]]), new Set([1, 'x'])],
]

const hostile = fc.anything({
  maxDepth: 3,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
  key: fc.constantFrom('a', 'b', 'a.b', 'b.c', '', '.', '__proto__', 'toJSON', '1', '\ud800'),
})

/** Values that fit a type, nearly fit one, or fit none. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'value' },
    { arbitrary: fc.constantFrom(...FITTING), weight: 8 },
    { arbitrary: fc.array(tie('value'), { maxLength: 3 }), weight: 3 },
    {
      arbitrary: fc.dictionary(
        fc.constantFrom('a', 'b', 'b c', '1', '-300', 'ok', '10.0.0.1', '2024-10-22', 'a.b'),
        tie('value'),
        { maxKeys: 3 },
      ),
      weight: 3,
    },
    { arbitrary: hostile, weight: 2 },
  ),
})).value
