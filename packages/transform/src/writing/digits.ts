import type { ByteWriter } from './byte-writer.js'

const ZERO = 0x30
const MINUS = 0x2d
const POINT = 0x2e
const MOST_DIGITS = 24

// '000' … '999', one after the other.
const TRIPLES = Buffer.from(
  Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0')).join(''),
)

/** A whole number, 0 … 2^53-1. */
export function writeDigits(out: ByteWriter, value: number): void {
  out.reserve(MOST_DIGITS)
  if (value < 1e9) {
    out.length = shortDigits(out.bytes, out.length, value)
    return
  }
  let head = Math.floor(value / 1e9)
  if (head * 1e9 > value) head-- // the quotient was rounded up to a whole
  out.length = shortDigits(out.bytes, out.length, head)
  writeNine(out, value - head * 1e9)
}

/** Nine digits of a whole number below 10^9. */
export function writeNine(out: ByteWriter, value: number): void {
  out.reserve(9)
  nineDigits(out.bytes, out.length, value)
  out.length += 9
}

/** Ten digits of a whole number below 10^10. */
export function writeTen(out: ByteWriter, value: number): void {
  out.reserve(10)
  tenDigits(out.bytes, out.length, value)
  out.length += 10
}

/** As `writeNine`, to bytes that have room for them. */
export function nineDigits(bytes: Uint8Array, at: number, value: number): void {
  const high = (value / 1e6) | 0
  const rest = value - high * 1e6
  const middle = (rest / 1e3) | 0
  triple(bytes, at, high)
  triple(bytes, at + 3, middle)
  triple(bytes, at + 6, rest - middle * 1e3)
}

/** As `writeTen`, to bytes that have room for them. */
export function tenDigits(bytes: Uint8Array, at: number, value: number): void {
  const first = (value / 1e9) | 0
  bytes[at] = ZERO + first
  nineDigits(bytes, at + 1, value - first * 1e9)
}

/** Writes a finite number as `String()` does, except that −0 keeps its sign. */
export function writeNumber(out: ByteWriter, value: number): void {
  const size = Math.abs(value)
  if (size < 1e9 && Number.isInteger(value)) {
    if (value < 0 || (value === 0 && 1 / value < 0)) out.byte(MINUS)
    writeDigits(out, size)
    return
  }
  // With at most 15 digits, this is the shortest decimal that reads as `size`: the one that String() finds.
  const millionths = Math.round(size * 1e6)
  if (millionths < 1e15 && millionths > 0 && millionths / 1e6 === size) {
    if (value < 0) out.byte(MINUS)
    const whole = Math.floor(millionths / 1e6)
    writeDigits(out, whole)
    writeFraction(out, millionths - whole * 1e6)
    return
  }
  out.text(String(value))
}

/** The number as text, also with the sign of −0, and with `NaN` and the infinities by name. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

function writeFraction(out: ByteWriter, millionths: number): void {
  if (millionths === 0) return
  out.reserve(7)
  const { bytes } = out
  const high = (millionths / 1e3) | 0
  bytes[out.length] = POINT
  triple(bytes, out.length + 1, high)
  triple(bytes, out.length + 4, millionths - high * 1e3)
  let end = out.length + 7
  while (bytes[end - 1] === ZERO) end--
  out.length = end
}

function triple(bytes: Uint8Array, at: number, value: number): void {
  const from = value * 3
  bytes[at] = TRIPLES[from] as number
  bytes[at + 1] = TRIPLES[from + 1] as number
  bytes[at + 2] = TRIPLES[from + 2] as number
}

/** A whole number below 10^9, without leading zeros. Returns where it ends. */
function shortDigits(bytes: Uint8Array, start: number, value: number): number {
  let at = start
  if (value < 10) {
    bytes[at] = ZERO + value
    return at + 1
  }
  if (value < 1000) {
    if (value >= 100) bytes[at++] = TRIPLES[value * 3] as number
    bytes[at] = TRIPLES[value * 3 + 1] as number
    bytes[at + 1] = TRIPLES[value * 3 + 2] as number
    return at + 2
  }
  const head = (value / 1000) | 0
  at = shortDigits(bytes, at, head)
  triple(bytes, at, value - head * 1000)
  return at + 3
}
