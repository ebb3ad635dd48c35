import { isStorable, readTime, writeNanos } from '../values/time.js'
import type { ByteWriter } from '../writing/byte-writer.js'
import { writeDigits, writeNumber } from '../writing/digits.js'
import type { Encoding } from '../writing/encoding.js'
import type { Kind } from './kind.js'

const QUOTE = 0x22

/** Whole numbers, clamped to the range of the type; fractions are cut off. A time (HrTime, Date) is written in nanoseconds. From 64 bits on the digits are quoted. */
export function integer(bits: number, signed: boolean): Kind {
  const min = signed ? -(2n ** BigInt(bits - 1)) : 0n
  const max = 2n ** BigInt(signed ? bits - 1 : bits) - 1n
  const most = Math.min(Number(max), Number.MAX_SAFE_INTEGER)
  const isQuoted = bits >= 64
  const number = (value: number, out: ByteWriter): boolean => {
    if (!(value >= 0 && value <= most && Number.isInteger(value))) return false
    if (isQuoted) out.byte(QUOTE)
    writeDigits(out, value)
    if (isQuoted) out.byte(QUOTE)
    return true
  }
  return {
    empty: isQuoted ? '"0"' : '0',
    ...(isQuoted && { form: 'whole' as const }),
    number,
    write(value, encoding) {
      const { out } = encoding
      if (typeof value === 'number' && number(value, out)) return true
      if (isQuoted && isStorable(value)) {
        out.byte(QUOTE)
        writeNanos(out, value)
      } else {
        const number = wholeNumber(value, encoding)
        if (number === undefined) return false
        const nearest = number < min ? min : number > max ? max : number
        if (nearest !== number) encoding.tally.adjustedNumbers++
        if (isQuoted) out.byte(QUOTE)
        out.text(String(nearest))
      }
      if (isQuoted) out.byte(QUOTE)
      return true
    },
  }
}

/** JSON has no NaN and no infinities: they become the empty value, 0 or null. −0 becomes 0, because its sign is lost when the JSON is parsed and written again. */
export const float: Kind = floatUpTo(Number.MAX_VALUE)
/** Larger numbers are moved to the end of the range: the server would store infinity. */
export const float32: Kind = floatUpTo(3.4028234663852886e38)
export const bfloat16: Kind = floatUpTo(3.3895313892515355e38)

function floatUpTo(most: number): Kind {
  return {
    empty: '0',
    write(value, { out, tally }) {
      const number = floatOf(value)
      if (!Number.isFinite(number)) return false
      const isFar = number > most || number < -most
      if (isFar) tally.adjustedNumbers++
      writeNumber(out, isFar ? Math.sign(number) * most : number + 0)
      return true
    },
  }
}

export const bool: Kind = {
  empty: 'false',
  write(value, { out }) {
    const truth = boolOf(value)
    if (truth === undefined) return false
    out.text(String(truth))
    return true
  },
}

function boolOf(value: unknown): unknown {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' || typeof value === 'bigint') return Boolean(value)
  return value === 'true' || value === 'false' ? value : undefined
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
