import type { Kind } from './kind.js'

/** Digits, a fraction, an exponent. A text that is longer than `LONGEST` is not read. */
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,5}))?$/i
const LONGEST = 400

/**
 * A number or its text, rounded to the scale (halves away from zero, which is not counted), and moved into the range, which is counted.
 * It is computed in whole numbers: no digit goes through a double.
 */
export function decimal(precision: number, scale: number): Kind {
  const most = 10n ** BigInt(precision) - 1n
  return {
    empty: '"0"',
    write(value, { out, tally }) {
      const parts = partsOf(value)
      if (!parts) return false
      const { isNegative, digits, exponent } = parts
      const shift = exponent + scale
      const isLarge = digits !== '' && digits.length + shift > precision
      const rounded = isLarge ? most + 1n : shifted(digits, shift)
      if (rounded > most) tally.adjustedNumbers++
      const units = rounded > most ? most : rounded
      out.text(`"${isNegative && units > 0n ? '-' : ''}${withPoint(units, scale)}"`)
      return true
    },
  }
}

interface Parts {
  readonly isNegative: boolean
  /** Without leading zeros; empty for zero. */
  readonly digits: string
  readonly exponent: number
}

function partsOf(value: unknown): Parts | undefined {
  const text = textOf(value)
  if (text === undefined || (text.length > LONGEST && typeof value === 'string')) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = NUMBER.exec(text) ?? []
  if (sign === undefined || whole + fraction === '') return undefined
  return {
    isNegative: sign === '-',
    digits: (whole + fraction).replace(/^0+/, ''),
    exponent: Number(exponent) - fraction.length,
  }
}

function textOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value.trim()
    case 'number':
    case 'bigint':
      return String(value)
    case 'boolean':
      return value ? '1' : '0'
    default:
      return undefined
  }
}

/** digits · 10^shift, rounded. */
function shifted(digits: string, shift: number): bigint {
  if (digits === '') return 0n
  if (shift >= 0) return BigInt(digits + '0'.repeat(shift))
  const end = digits.length + shift
  if (end < 0) return 0n
  const isUp = (digits[end] ?? '0') >= '5'
  return BigInt(digits.slice(0, end) || '0') + (isUp ? 1n : 0n)
}

/** Without zeros at the end of the fraction. */
function withPoint(units: bigint, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units).padStart(scale + 1, '0')
  const fraction = digits.slice(-scale).replace(/0+$/, '')
  return digits.slice(0, -scale) + (fraction === '' ? '' : `.${fraction}`)
}
