import type { ByteWriter } from '../writing/byte-writer.js'
import { nineDigits, tenDigits, writeDigits, writeNine } from '../writing/digits.js'

/** Seconds and nanoseconds: since 1970 for a point in time. */
export type HrTime = readonly [seconds: number, nanoseconds: number]

const NANOS = 1e9
const POINT = 0x2e
const SECONDS_DIGITS = 10
const NANOS_DIGITS = 9
const MAX_TIME: HrTime = [9_223_372_036, 854_775_807] // 2^63-1 ns: the end of DateTime64(9), 2262-04-11
const MAX_DURATION: HrTime = [18_446_744_073, 709_551_615] // 2^64-1 ns: the end of UInt64
const FAR = 9e15 // seconds; beyond anything stored, and sums of two stay exact

export const EPOCH: HrTime = [0, 0]

/**
 * The instant that `value` means, as whole seconds and 0 … 999,999,999 nanoseconds since 1970, in any range; undefined if it means none.
 * Reads an HrTime, a Date, and nanoseconds as a bigint, a number or a string of digits.
 */
export function readTime(value: unknown): HrTime | undefined {
  if (isStorable(value)) return value
  if (Array.isArray(value)) return readPair(value[0], value[1])
  switch (typeof value) {
    case 'string':
      return readDigits(value)
    case 'bigint':
      return readDigits(String(value))
    case 'number':
      return readNumber(value)
    default:
      return value instanceof Date ? readMillis(value.getTime()) : undefined
  }
}

/** The nearest instant that a DateTime64(9) holds: the same object if nothing had to change. */
export function clampTime(time: HrTime): HrTime {
  if (time[0] < 0) return EPOCH
  return isAfter(time, MAX_TIME) ? MAX_TIME : time
}

/** `end` − `start`, cut to 0 … 2^64-1 ns. */
export function elapsed(start: HrTime, end: HrTime): { duration: HrTime; clamped: boolean } {
  const borrow = end[1] < start[1] ? 1 : 0
  const difference: HrTime = [end[0] - start[0] - borrow, end[1] - start[1] + borrow * NANOS]
  if (difference[0] < 0) return { duration: EPOCH, clamped: true }
  if (isAfter(difference, MAX_DURATION)) return { duration: MAX_DURATION, clamped: true }
  return { duration: difference, clamped: false }
}

/** Whether the value is a time as the SDK makes it, within the range of every DateTime64(9): it needs no reading and no clamping. */
export function isStorable(value: unknown): value is HrTime {
  if (!Array.isArray(value)) return false
  // By index, here and below: destructuring would cost an iterator.
  const seconds: unknown = value[0]
  const nanos: unknown = value[1]
  return (
    typeof seconds === 'number' &&
    typeof nanos === 'number' &&
    seconds >= 0 &&
    seconds < MAX_TIME[0] &&
    nanos >= 0 &&
    nanos < NANOS &&
    Number.isInteger(seconds) &&
    Number.isInteger(nanos)
  )
}

/** A non-negative time in nanoseconds, as decimal digits. */
export function writeNanos(out: ByteWriter, time: HrTime): void {
  const seconds = time[0]
  const nanos = time[1]
  if (seconds === 0) {
    writeDigits(out, nanos)
  } else {
    writeDigits(out, seconds)
    writeNine(out, nanos)
  }
}

/**
 * A non-negative time, or an exact number of nanoseconds, in milliseconds. It is rounded as the server rounds when it divides a UInt64,
 * so both compute the same number: from 104 days on the nanoseconds are first rounded to a float.
 */
export function milliseconds(time: HrTime | number): number {
  if (typeof time === 'number') return time / 1e6
  return Number(BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])) / 1e6
}

/** Writes `seconds.nanoseconds` with ten and `precision` digits: with fewer digits of seconds, `best_effort` refuses the row. */
export function writeTime(out: ByteWriter, time: HrTime, precision: number): void {
  out.reserve(SECONDS_DIGITS + 1 + NANOS_DIGITS)
  const { bytes } = out
  const at = out.length
  tenDigits(bytes, at, time[0])
  bytes[at + SECONDS_DIGITS] = POINT
  nineDigits(bytes, at + SECONDS_DIGITS + 1, time[1])
  out.length = at + SECONDS_DIGITS + (precision === 0 ? 0 : 1 + precision)
}

function readPair(seconds: unknown, nanos: unknown): HrTime | undefined {
  if (!isReal(seconds) || !isReal(nanos)) return undefined
  const whole = Math.floor(seconds)
  return carried(whole, Math.round((seconds - whole) * NANOS) + Math.trunc(nanos))
}

function readMillis(millis: number): HrTime | undefined {
  const seconds = Math.floor(millis / 1000)
  return Number.isFinite(millis) ? carried(seconds, (millis - seconds * 1000) * 1e6) : undefined
}

// By its shortest decimal text: 1729627200145000000 as a double is 64 ns away from the number that was meant.
function readNumber(nanos: number): HrTime | undefined {
  if (!Number.isFinite(nanos)) return undefined
  if (Math.abs(nanos) >= 1e21) return [Math.sign(nanos) * FAR, 0] // String() writes these with an exponent
  return readDigits(String(Math.trunc(nanos)))
}

function readDigits(text: string): HrTime | undefined {
  const [, sign, digits] = /^(-?)(\d+)$/.exec(text) ?? []
  if (digits === undefined) return undefined
  const direction = sign === '-' ? -1 : 1
  return carried(direction * Number(digits.slice(0, -9)), direction * Number(digits.slice(-9)))
}

function carried(seconds: number, nanos: number): HrTime {
  const carry = Math.floor(nanos / NANOS)
  const rest = nanos - carry * NANOS
  const whole = Math.max(-FAR, Math.min(FAR, seconds + carry))
  return [whole, rest >= 0 && rest < NANOS ? rest : 0] // nanoseconds beyond 2^53 have no exact rest
}

function isAfter(a: HrTime, b: HrTime): boolean {
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])
}

function isReal(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
