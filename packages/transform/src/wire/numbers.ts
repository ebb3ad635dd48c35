import type { WireReader } from './reader.js'

const TWO_32 = 2 ** 32
const HIGH_OF_TWO_53 = 2 ** 21

// 64-bit numbers that a double does not hold exactly become bigints, so that their text has all digits.

export function unsigned(low: number, high: number): number | bigint {
  return high < HIGH_OF_TWO_53 ? high * TWO_32 + low : (BigInt(high) << 32n) | BigInt(low)
}

export function signed(low: number, high: number): number | bigint {
  const number = (high | 0) * TWO_32 + low
  if (Number.isSafeInteger(number)) return number
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low))
}

/** A sint32: small negative numbers are short too. */
export function zigzag(low: number): number {
  return (low >>> 1) ^ -(low & 1)
}

// Lists of numbers may be packed into one field, or have a field for each number.

export function readDoubles(reader: WireReader, end: number, into: number[]): void {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    reader.value()
    into.push(reader.double(to))
  }
}

export function readFixed64s(reader: WireReader, end: number, into: (number | bigint)[]): void {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    reader.value()
    into.push(unsigned(reader.fixed64(to), reader.high))
  }
}

export function readVarints(reader: WireReader, end: number, into: (number | bigint)[]): void {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    reader.value()
    into.push(unsigned(reader.varint(to), reader.high))
  }
}
