import type { ByteWriter } from '../writing/byte-writer.js'
import { writeNumber } from '../writing/digits.js'
import type { Kind } from './kind.js'

const TEXTS = new Map([
  [Number.POSITIVE_INFINITY, '"inf"'],
  [Number.NEGATIVE_INFINITY, '"-inf"'],
  [0, '"-0"'], // as a number, it would lose its sign when the JSON is parsed and written again
])

/** Every double. JSON has no NaN and no infinities; ClickHouse reads them, and −0, from these texts: in columns, in arrays and in `input()`. */
export const exactFloat: Kind = {
  empty: '0',
  number,
  write(value, { out }) {
    const double = typeof value === 'bigint' ? Number(value) : value
    if (typeof double !== 'number') return false
    if (!number(double, out)) out.text(TEXTS.get(double) ?? '"nan"')
    return true
  },
}

function number(value: number, out: ByteWriter): boolean {
  if (!Number.isFinite(value) || Object.is(value, -0)) return false
  writeNumber(out, value)
  return true
}
