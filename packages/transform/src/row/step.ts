import { writeHex } from '../types/hex-id.js'
import type { Form } from '../types/kind.js'
import { type HrTime, isStorable, writeTime } from '../values/time.js'
import type { Piece } from '../writing/byte-writer.js'
import { writeDigits } from '../writing/digits.js'
import type { Encoding } from '../writing/encoding.js'
import type { RecentTexts } from '../writing/recent-texts.js'

const QUOTE = 0x22
const NANO_DIGITS = 9

/** Writes neighbouring members of a row's JSON object, each with a comma before it. */
export type Members = (source: unknown, encoding: Encoding) => void

/** How one column is written. */
export interface Step {
  readonly column: { value(source: unknown, encoding: Encoding): unknown }
  /** `,"name":` */
  readonly key: Piece
  readonly form: Form | undefined
  readonly texts: RecentTexts
  /** Writes any value: the member, which may be left out, or the element of a list, without a key. Never throws. */
  write(value: unknown, encoding: Encoding): void
}

/**
 * Writes all parts in order. Ordinary values, which are nearly all, are written here: a closure for each column, and a look at what it has
 * written, would cost more than the value.
 */
export function joined(parts: readonly (Step | Members)[]): Members {
  return (source, encoding) => {
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index] as Step | Members
      if (typeof part === 'function') part(source, encoding)
      else writeStep(part, source, encoding)
    }
  }
}

function writeStep(step: Step, source: unknown, encoding: Encoding): void {
  const value = readValue(step, source, encoding)
  if (step.form !== undefined && value !== undefined) {
    const { out } = encoding
    const start = out.length
    out.piece(step.key)
    if (writeOrdinary(step, value, encoding)) return
    out.length = start
  }
  step.write(value, encoding)
}

/** Writes one element, without its key. */
export function writeElement(step: Step, item: unknown, encoding: Encoding): void {
  const value = readValue(step, item, encoding)
  const { out } = encoding
  const start = out.length
  if (writeOrdinary(step, value, encoding)) return
  out.length = start
  step.write(value, encoding)
}

function readValue({ column }: Step, source: unknown, encoding: Encoding): unknown {
  try {
    return column.value(source, encoding)
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}

/** False, with something or nothing written, for a value that is not ordinary: also for one that equals the type's default. */
function writeOrdinary(step: Step, value: unknown, encoding: Encoding): boolean {
  try {
    return writeFormed(step, value, encoding)
  } catch {
    return false // a Proxy that throws
  }
}

function writeFormed({ form, texts }: Step, value: unknown, encoding: Encoding): boolean {
  switch (form) {
    case 'hex':
      return typeof value === 'string' && writeHex(value, encoding)
    case 'text':
      if (typeof value !== 'string' || value === '') return false
      texts.write(value, encoding)
      return true
    case 'time':
      return isStorable(value) && value[0] > 0 && writeQuotedTime(value, encoding)
    case 'whole':
      return typeof value === 'number' && value > 0 && writeWhole(value, encoding)
    default:
      return false
  }
}

function writeQuotedTime(time: HrTime, { out }: Encoding): true {
  out.byte(QUOTE)
  writeTime(out, time, NANO_DIGITS)
  out.byte(QUOTE)
  return true
}

function writeWhole(value: number, { out }: Encoding): boolean {
  if (!Number.isSafeInteger(value)) return false
  out.byte(QUOTE)
  writeDigits(out, value)
  out.byte(QUOTE)
  return true
}
