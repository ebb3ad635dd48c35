import type { Encoding } from './encoding.js'
import type { Kind } from './kind.js'
import { nanosText, readTime } from './time.js'

/** Whole numbers, clamped to the type's range; fractions are cut off. A time (HrTime, Date) is its nanoseconds. From 64 bits on as quoted digits. */
export function integer(bits: number, signed: boolean): Kind {
  const min = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n
  const quote = bits >= 64 ? '"' : ''
  const quoted = (digits: string): string => `${quote}${digits}${quote}`
  return {
    empty: quoted('0'),
    write(value, encoding) {
      if (isSmall(value) && value >= min && value <= max) return quoted(String(value))
      if (bits >= 64 && isStorableTime(value)) return quoted(nanosText(value))
      const number = wholeNumber(value, encoding)
      if (number === undefined) return undefined
      const nearest = number < min ? min : number > max ? max : number
      if (nearest !== number) encoding.tally.adjustedNumbers++
      return quoted(String(nearest))
    },
  }
}

/** NaN and the infinities are no JSON: they are empty, 0 or null. */
export const float: Kind = {
  empty: '0',
  write(value) {
    const number = floatOf(value)
    return Number.isFinite(number) ? String(number) : undefined
  },
}

export const bool: Kind = {
  empty: 'false',
  write(value) {
    if (typeof value === 'boolean') return String(value)
    if (typeof value === 'number' || typeof value === 'bigint') return String(Boolean(value))
    return value === 'true' || value === 'false' ? value : undefined
  },
}

function isSmall(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** A normal HrTime below 2^63 ns: its digits are the number, without a BigInt. */
function isStorableTime(value: unknown): value is [number, number] {
  if (!Array.isArray(value)) return false
  const [seconds, nanos] = value
  return (
    isSmall(seconds) &&
    isSmall(nanos) &&
    seconds >= 0 &&
    seconds < 9_223_372_036 &&
    nanos >= 0 &&
    nanos < 1e9
  )
}

function floatOf(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return value
    case 'string':
      return value.trim() === '' ? Number.NaN : Number(value)
    case 'bigint':
    case 'boolean':
      return Number(value)
    default:
      return Number.NaN
  }
}

function wholeNumber(value: unknown, encoding: Encoding): bigint | undefined {
  switch (typeof value) {
    case 'bigint':
      return value
    case 'boolean':
      return BigInt(value)
    case 'number': {
      if (!Number.isFinite(value)) return undefined
      const whole = Math.trunc(value)
      if (whole !== value) encoding.tally.adjustedNumbers++
      return BigInt(whole)
    }
    case 'string':
      return /^[+-]?\d{1,99}$/.test(value) ? BigInt(value.replace('+', '')) : undefined
    default: {
      const time = readTime(value)
      return time && BigInt(time[0]) * 1_000_000_000n + BigInt(time[1])
    }
  }
}
