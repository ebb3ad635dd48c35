import { type OtlpField, otlpMessages } from './otlp-schema.js'

const TEXTS = [
  '',
  'a',
  'b',
  'service.name',
  'http.request.method',
  'GET',
  '__proto__',
  'constructor',
  '7',
  'é',
  '日本語',
  '👍🏽 and more',
  'nul\u0000 "quote" \\\\ \\n',
  'a text of forty-eight characters, all of them ASCII',
  'ü'.repeat(100),
]
const DOUBLES = [0, -0, 1.5, -2, 1e308, 5e-324, Number.NaN, Infinity, -Infinity, 0.1]
const INTEGERS = [
  0n,
  1n,
  5n,
  -1n,
  127n,
  128n,
  300n,
  -129n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 32n - 1n,
  2n ** 53n - 1n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
]
const TIMES = [
  0n,
  1n,
  999_999_999n,
  1_000_000_000n,
  1_729_627_200_145_000_001n,
  2n ** 62n - 1n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
]
const IDS = [
  '',
  '0af7651916cd43dd8448eb211c80319c',
  'b7ad6b7169203331',
  '0000000000000000',
  '00'.repeat(16),
  'abcdef',
]
const MAX_FIELDS = 8
const ENVELOPE = 3 // a request, a resource, a scope: mostly with members, so that there are records
const DEEPEST = 14

const PACKABLE = ['fixed64', 'double', 'uint64']

/**
 * A message of OTLP in any form that protobuf allows: fields in any order, again, divided, packed or not, numbers with needless bytes, unknown
 * fields of each wire type. `choices` decides: as random bytes, of which fewer or smaller ones make a simpler message.
 */
export function otlpBytes(message: string, choices: Uint8Array): Buffer {
  let next = 0
  const choose = (count: number): number => (choices[next++] ?? 0) % count
  const one = <T>(list: readonly T[]): T => list[choose(list.length)] as T

  function varint(value: bigint, mostBytes = 10): Buffer {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, value)
    do {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    } while (rest > 0n)
    if (choose(16) === 15) while (bytes.length < mostBytes) bytes.push(0x80)
    bytes.push((bytes.pop() ?? 0) & 0x7f)
    return Buffer.from(bytes)
  }

  const withLength = (bytes: Buffer): Buffer => Buffer.concat([varint(BigInt(bytes.length)), bytes])

  const tag = (number: number, wire: number): Buffer => varint(BigInt(number * 8 + wire), 5)

  function fixed64(value: bigint): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value))
    return bytes
  }

  /** The wire type and the bytes of a value. */
  function scalar({ name, type }: OtlpField): [number, Buffer] {
    switch (type) {
      case 'string':
        return [2, withLength(Buffer.from(one(TEXTS)))]
      case 'bytes':
        return [2, withLength(Buffer.from(one(IDS), 'hex'))]
      case 'double': {
        const bytes = Buffer.alloc(8)
        bytes.writeDoubleLE(one(DOUBLES))
        return [1, bytes]
      }
      case 'fixed64':
        return [1, fixed64(one(name.includes('time') ? TIMES : INTEGERS))]
      case 'sfixed64':
        return [1, fixed64(one(INTEGERS))]
      case 'fixed32':
        return [5, fixed64(one(INTEGERS)).subarray(0, 4)]
      default:
        return [0, varint(one(INTEGERS))]
    }
  }

  function field(field: OtlpField, depth: number): Buffer {
    if (otlpMessages.has(field.type))
      return Buffer.concat([tag(field.number, 2), withLength(fields(field.type, depth + 1))])
    if (field.label === 'repeated' && PACKABLE.includes(field.type) && choose(2) === 0) {
      const values = Array.from({ length: choose(5) }, () => scalar(field)[1])
      return Buffer.concat([tag(field.number, 2), withLength(Buffer.concat(values))])
    }
    const [wire, bytes] = scalar(field)
    return Buffer.concat([tag(field.number, wire), bytes])
  }

  function unknown(depth: number): Buffer {
    const number = one([17, 1000, 2 ** 29 - 1])
    const wire = choose(5)
    if (wire === 0) return Buffer.concat([tag(number, 0), varint(one(INTEGERS))])
    if (wire === 1) return Buffer.concat([tag(number, 1), Buffer.alloc(8, 0xff)])
    if (wire === 2)
      return Buffer.concat([tag(number, 2), withLength(Buffer.alloc(choose(4), 0xff))])
    if (wire === 3 && depth < 20)
      return Buffer.concat([tag(number, 3), unknown(depth + 1), tag(number, 4)])
    return Buffer.concat([tag(number, 5), Buffer.alloc(4, 0xff)])
  }

  function fields(name: string, depth: number): Buffer {
    const known = otlpMessages.get(name) ?? []
    const members = known.filter(
      ({ label, type }) => label === 'repeated' && otlpMessages.has(type),
    )
    const isEnvelope = depth < ENVELOPE
    const count = isEnvelope ? 1 + choose(4) : depth > DEEPEST ? 0 : choose(MAX_FIELDS)
    return Buffer.concat(
      Array.from({ length: count }, () => {
        if (choose(20) === 19) return unknown(depth)
        return field(one(isEnvelope && choose(3) < 2 ? members : known), depth)
      }),
    )
  }

  return fields(message, 0)
}
