import type { AttributeKey } from './attribute-key.js'
import {
  type AttributePath,
  following,
  type KeyList,
  keysInOrder,
  keysSorted,
  startOfPath,
} from './attribute-path.js'
import { type AttributeSource, NONE_DROPPED } from './attributes.js'
import { writeNumber } from './digits.js'
import type { Encoding } from './encoding.js'

const COMMA = 0x2c
const QUOTE = 0x22

interface Form {
  readonly hasKeys: boolean
  readonly open: number
  readonly close: number
}

/** An object: keys and values. */
export const MEMBERS: Form = { hasKeys: true, open: 0x7b, close: 0x7d }
/** An array of the values alone. */
export const VALUES: Form = { hasKeys: false, open: 0x5b, close: 0x5d }

const UNLIMITED = 0x3fffffff // a small integer, as Infinity is none

type Values = Readonly<Record<string, unknown>>

/**
 * Writes attributes of the ordinary sort, a plain object of texts, numbers and booleans, in one pass, and returns their keys.
 * Undefined, with nothing written or counted, for anything else: a limit that is met, a value that has to be looked into, a
 * getter that throws.
 */
export function writeOrdinary(
  source: AttributeSource,
  encoding: Encoding,
  form: Form,
): KeyList | undefined {
  const { attributes, dropped, sorted } = source
  if (dropped !== NONE_DROPPED || !isObject(attributes)) return undefined
  const { out, tally, room } = encoding
  const { repairedStrings } = tally
  const start = out.length
  try {
    if (hasOnlyOwn(attributes)) {
      const keys = (sorted ? writeSorted : writeInOrder)(attributes, encoding, form)
      if (keys && encoding.room > 0) {
        if (out.length === start) out.byte(form.open)
        else out.bytes[start] = form.open // in place of the first comma
        out.byte(form.close)
        return keys
      }
    }
  } catch {
    // A getter or a Proxy's trap: read value by value it costs itself only.
  }
  out.length = start
  encoding.room = room
  tally.repairedStrings = repairedStrings
  return undefined
}

/** The keys that `writeOrdinary` would write, if it wrote them. */
export function ordinaryKeys({ attributes, sorted }: AttributeSource): KeyList | undefined {
  const path = isObject(attributes) ? pathOf(attributes) : undefined
  return path && (sorted ? keysSorted : keysInOrder)(path)
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null
}

function writeInOrder(values: Values, encoding: Encoding, form: Form): KeyList | undefined {
  let left = encoding.limits.attributeCount ?? UNLIMITED
  let path = startOfPath()
  for (const name in values) {
    const value = values[name]
    if (value === undefined) continue
    const next = following(path, name)
    if (!next?.key || --left < 0 || !writeAttribute(next.key, value, encoding, form))
      return undefined
    path = next
  }
  return keysInOrder(path)
}

function writeSorted(values: Values, encoding: Encoding, form: Form): KeyList | undefined {
  const path = pathOf(values)
  if (!path) return undefined
  const keys = keysSorted(path)
  if (keys.length > (encoding.limits.attributeCount ?? UNLIMITED)) return undefined
  for (const key of keys) {
    const value = values[key.name]
    if (value === undefined || !writeAttribute(key, value, encoding, form)) return undefined
  }
  return keys
}

function pathOf(values: Values): AttributePath | undefined {
  let path: AttributePath | undefined = startOfPath()
  for (const name in values) {
    if (values[name] === undefined) continue
    path = following(path, name)
    if (!path) return undefined
  }
  return path
}

/** for…in sees what is inherited, too: so it serves only where nothing is. */
function hasOnlyOwn(values: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(values)
  if (prototype === null) return true
  if (Object.getPrototypeOf(prototype) !== null) return false
  for (const _ in prototype) return false
  return true
}

function writeAttribute(
  { name, member, texts }: AttributeKey,
  value: unknown,
  encoding: Encoding,
  { hasKeys }: Form,
): boolean {
  const { out, limits } = encoding
  encoding.room -= name.length
  if (hasKeys) out.piece(member)
  else out.byte(COMMA)
  if (typeof value === 'string') {
    if (value.length > encoding.room) return false
    if (limits.attributeValueLength !== undefined && value.length > limits.attributeValueLength)
      return false
    texts.write(value, encoding)
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
