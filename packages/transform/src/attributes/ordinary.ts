import { writeNumber } from '../writing/digits.js'
import type { Encoding, KeyList } from '../writing/encoding.js'
import type { AttributeKey } from './key.js'
import { type AttributePath, following, keysInOrder, keysSorted, startOfPath } from './path.js'
import { type AttributeSource, NONE_DROPPED } from './source.js'

const COMMA = 0x2c
const QUOTE = 0x22

/** How a list of attributes is written in JSON. */
interface Notation {
  readonly hasKeys: boolean
  readonly open: number
  readonly close: number
}

/** A JSON object with keys and values. */
export const MEMBERS: Notation = { hasKeys: true, open: 0x7b, close: 0x7d }
/** A JSON array of the values alone. */
export const VALUES: Notation = { hasKeys: false, open: 0x5b, close: 0x5d }

const UNLIMITED = 0x3fffffff // a small integer for V8, unlike Infinity

type Values = Readonly<Record<string, unknown>>

/**
 * Writes ordinary attributes, a plain object of texts, numbers and booleans, in one pass, and returns their keys.
 * Returns undefined, with nothing written or counted, for anything else: a limit that is reached, a value of another type, a
 * getter that throws.
 */
export function writeOrdinary(
  source: AttributeSource,
  encoding: Encoding,
  notation: Notation,
): KeyList | undefined {
  const { attributes, dropped, sorted } = source
  if (dropped !== NONE_DROPPED || !isObject(attributes)) return undefined
  const { out, tally, room } = encoding
  const { repairedStrings } = tally
  const start = out.length
  try {
    if (isPlain(attributes)) {
      const keys = (sorted ? writeSorted : writeInOrder)(attributes, encoding, notation)
      if (keys && encoding.room > 0) {
        if (out.length === start) out.byte(notation.open)
        else out.bytes[start] = notation.open // in place of the first comma
        out.byte(notation.close)
        return keys
      }
    }
  } catch {
    // A getter or a Proxy trap threw. The caller then reads value by value and loses only that value.
  }
  out.length = start
  encoding.room = room
  tally.repairedStrings = repairedStrings
  return undefined
}

/** The keys that `writeOrdinary` would write if it can write the attributes. */
export function ordinaryKeys({ attributes, sorted }: AttributeSource): KeyList | undefined {
  const path = isObject(attributes) ? pathOf(attributes) : undefined
  return path && (sorted ? keysSorted : keysInOrder)(path)
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null
}

function writeInOrder(
  values: Values,
  encoding: Encoding,
  { hasKeys }: Notation,
): KeyList | undefined {
  const { out, limits } = encoding
  const longest = limits.attributeValueLength ?? UNLIMITED
  let left = limits.attributeCount ?? UNLIMITED
  let path = startOfPath()
  for (const name in values) {
    const value = values[name]
    if (value === undefined) continue
    const next = following(path, name, values)
    const key = next?.key
    if (!next || !key || --left < 0) return undefined
    if (hasKeys) out.piece(key.member)
    else out.byte(COMMA)
    if (!writeValue(key, value, encoding, longest)) return undefined
    path = next
  }
  return keysInOrder(path)
}

function writeSorted(
  values: Values,
  encoding: Encoding,
  { hasKeys }: Notation,
): KeyList | undefined {
  const path = pathOf(values)
  if (!path) return undefined
  const keys = keysSorted(path)
  if (keys.length > (encoding.limits.attributeCount ?? UNLIMITED)) return undefined
  const { out } = encoding
  const longest = encoding.limits.attributeValueLength ?? UNLIMITED
  for (const key of keys) {
    const value = values[key.name]
    if (hasKeys) out.piece(key.member)
    else out.byte(COMMA)
    if (value === undefined || !writeValue(key, value, encoding, longest)) return undefined
  }
  return keys
}

function pathOf(values: Values): AttributePath | undefined {
  let path: AttributePath | undefined = startOfPath()
  for (const name in values) {
    if (values[name] === undefined) continue
    path = following(path, name, values)
    if (!path) return undefined
  }
  return path
}

/**
 * for…in also visits inherited properties, so this is only for objects that inherit nothing but Object.prototype. What is enumerable there is
 * found where a path gets a new key: asking for each object would cost as much as writing two attributes.
 */
function isPlain(values: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(values)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function writeValue(
  { name, texts }: AttributeKey,
  value: unknown,
  encoding: Encoding,
  longest: number,
): boolean {
  encoding.room -= name.length
  if (typeof value !== 'string') return writeScalar(value, encoding, longest)
  if (value.length > encoding.room || value.length > longest) return false
  texts.write(value, encoding)
  return true
}

function writeScalar(value: unknown, encoding: Encoding, longest: number): boolean {
  const { out } = encoding
  if (typeof value !== 'number' && typeof value !== 'boolean') return false
  out.byte(QUOTE)
  const start = out.length
  if (typeof value === 'number' && Number.isFinite(value)) writeNumber(out, value)
  else out.text(String(value))
  const length = out.length - start
  out.byte(QUOTE)
  encoding.room -= length
  return length <= longest
}
