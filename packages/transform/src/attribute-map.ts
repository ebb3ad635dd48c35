import { type AttributeKey, following, START } from './attribute-key.js'
import { orderOf } from './attribute-order.js'
import { type AttributeSource, NONE_DROPPED } from './attributes.js'
import { writeNumber } from './digits.js'
import type { Encoding } from './encoding.js'
import { writeText } from './json-text.js'

const OPEN = 0x7b
const CLOSE = 0x7d
const QUOTE = 0x22

type Values = Readonly<Record<string, unknown>>

/**
 * Writes attributes of the ordinary sort, a plain object of texts, numbers and booleans, in one pass. False, with nothing
 * written or counted, for anything else: a limit that is met, a value that has to be looked into, a getter that throws.
 */
export function writeOrdinary(source: AttributeSource, encoding: Encoding): boolean {
  const { attributes, dropped, sorted } = source
  if (dropped !== NONE_DROPPED || typeof attributes !== 'object' || attributes === null)
    return false
  const { out, tally, room } = encoding
  const { repairedStrings } = tally
  const start = out.length
  try {
    const values = attributes as Values
    if (hasOnlyOwn(values) && (sorted ? writeSorted : writeInOrder)(values, encoding)) {
      if (out.length === start) out.byte(OPEN)
      else out.bytes[start] = OPEN // in place of the first comma
      out.byte(CLOSE)
      return true
    }
  } catch {
    // A getter or a Proxy's trap: read value by value it costs itself only.
  }
  out.length = start
  encoding.room = room
  tally.repairedStrings = repairedStrings
  return false
}

function writeInOrder(values: Values, encoding: Encoding): boolean {
  let left = encoding.limits.attributeCount ?? Number.POSITIVE_INFINITY
  let before: { next: AttributeKey | undefined } = START
  for (const name in values) {
    const value = values[name]
    if (value === undefined) continue
    const key = following(before, name)
    if (key === undefined || --left < 0 || !writeAttribute(key, value, encoding)) return false
    before = key
  }
  return encoding.room > 0
}

function writeSorted(values: Values, encoding: Encoding): boolean {
  const keys = orderOf(values)
  if (keys === undefined) return false
  let left = encoding.limits.attributeCount ?? Number.POSITIVE_INFINITY
  for (const key of keys) {
    const value = values[key.name]
    if (value === undefined) continue
    if (--left < 0 || !writeAttribute(key, value, encoding)) return false
  }
  return encoding.room > 0
}

/** for…in sees what is inherited, too: so it serves only where nothing is. */
function hasOnlyOwn(values: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(values)
  if (prototype === null) return true
  if (Object.getPrototypeOf(prototype) !== null) return false
  for (const _ in prototype) return false
  return true
}

function writeAttribute({ name, key }: AttributeKey, value: unknown, encoding: Encoding): boolean {
  const { out, limits } = encoding
  encoding.room -= name.length
  out.piece(key)
  if (typeof value === 'string') {
    if (value.length > encoding.room) return false
    if (limits.attributeValueLength !== undefined && value.length > limits.attributeValueLength)
      return false
    writeText(value, encoding)
    return true
  }
  return writeScalar(value, encoding)
}

function writeScalar(value: unknown, encoding: Encoding): boolean {
  const { out, limits } = encoding
  if (typeof value !== 'number' && typeof value !== 'boolean') return false
  out.byte(QUOTE)
  const start = out.length
  if (typeof value === 'number' && Number.isFinite(value)) writeNumber(out, value)
  else out.text(String(value))
  const length = out.length - start
  out.byte(QUOTE)
  encoding.room -= length
  return length <= (limits.attributeValueLength ?? length)
}
