import { AttributeSource, readSource } from '../attributes/source.js'
import { elementsOf } from '../values/list.js'
import { mapEntries, setValues } from '../values/native.js'
import { isList, plainValue } from '../values/plain-value.js'
import { writeNumber } from '../writing/digits.js'
import { ELEMENT, type Encoding } from '../writing/encoding.js'
import { cut, writeText } from '../writing/json-text.js'
import { type Kind, writeAs } from './kind.js'

const COMMA = 0x2c
const COLON = 0x3a
const MAX_DEPTH = 64
// For one member: an object graph that was set as an attribute by mistake must not cost too much.
const NESTED_ROOM = 1024 * 1024
const MAX_INT = 2n ** 64n - 1n
const MIN_INT = -(2n ** 63n)

/** The kinds of the paths that the type declares. */
type Typed = ReadonlyMap<string, Kind>

/** What the values of one object or list are written with. */
interface Place {
  readonly encoding: Encoding
  readonly typed: Typed
  readonly ancestors: readonly object[]
  /** The server reads objects of a Dynamic column as tuples, and refuses the whole INSERT for some names of elements. */
  readonly isDynamic?: boolean
}

const NO_TUPLE_NAMES = new Set(['', 'null'])
const NONE_TYPED: Typed = new Map()

/**
 * An object with its values as they are, or the text of one. Maps in it are written as paths, `{"a.b":1}`, which is the same to the
 * server. It refuses a whole INSERT in which an object has a path twice, as `{"a.b":1,"a":{"b":2}}` has: the first stays, and the other
 * is counted.
 */
export function json(typed: Typed): Kind {
  return {
    empty: '{}',
    write(value, encoding) {
      const object: object | undefined = objectOf(value, encoding)
      if (!object) return false
      writeObject(object, { encoding, typed, ancestors: [] })
      return true
    },
  }
}

/** Any value, as JSON has it. */
export const dynamic: Kind = {
  empty: 'null',
  write: (value, encoding) =>
    writeValue(value, {
      encoding,
      typed: NONE_TYPED,
      ancestors: [],
      isDynamic: true,
    }),
}

function objectOf(value: unknown, encoding: Encoding): object | undefined {
  if (value instanceof AttributeSource) return limited(readSource(value, encoding), encoding)
  if (typeof value === 'string') {
    const parsed: unknown = /^\s*\{/.test(value) ? JSON.parse(value) : undefined
    return isMap(parsed) ? parsed : undefined
  }
  const plain = typeof value === 'object' && value !== null ? plainValue(value) : value
  return isMap(plain) ? plain : undefined
}

/** The attributes of an event stand among its other members. */
function plainOf(object: object, encoding: Encoding): unknown {
  return object instanceof AttributeSource ? readSource(object, encoding) : plainValue(object)
}

function limited(attributes: Map<string, unknown>, encoding: Encoding): Map<string, unknown> {
  const most = encoding.limits.attributeValueLength
  if (most === undefined) return attributes
  const entries = [...attributes].map(([key, value]): [string, unknown] => [
    key,
    typeof value === 'string' ? cut(value, most, encoding) : value,
  ])
  return new Map(entries)
}

function isMap(value: unknown): value is Record<string, unknown> | Map<unknown, unknown> {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Set)
}

function writeObject(object: object, place: Place): void {
  const { out } = place.encoding
  out.text('{')
  writeMembers(object, undefined, new Set(), place)
  out.text('}')
}

/** `taken`: the paths that the object has so far. */
function writeMembers(
  object: object,
  prefix: string | undefined,
  taken: Set<string>,
  place: Place,
): void {
  const { encoding, typed } = place
  const within = { ...place, ancestors: [...place.ancestors, object] }
  const rowRoom = encoding.room
  if (prefix !== undefined && place.ancestors.length === 1)
    encoding.room = Math.min(rowRoom, NESTED_ROOM)
  const granted = encoding.room
  for (const key of keysOf(object)) {
    const name = String(key).toWellFormed() // two keys with lone surrogates may be stored as one
    const path = prefix === undefined ? name : `${prefix}.${name}`
    // A path that is cut may be equal to another.
    if (encoding.room <= ELEMENT + path.length) {
      encoding.tally.truncatedValues++
      break
    }
    encoding.room -= ELEMENT
    const start = encoding.out.length
    try {
      const value = memberOf(object, key)
      const plain = typeof value === 'object' && value !== null ? plainOf(value, encoding) : value
      const kind = typed.get(path)
      const mayDescend = isMap(plain) && !kind && !endOf(plain, within)
      if (mayDescend) writeMembers(plain, path, taken, within)
      else writeMember(path, kind, plain, taken, within)
    } catch {
      encoding.out.length = start // a getter or toJSON that throws
      encoding.tally.unreadableValues++
    }
  }
  encoding.room += rowRoom - granted
}

function writeMember(
  path: string,
  kind: Kind | undefined,
  value: unknown,
  taken: Set<string>,
  place: Place,
): void {
  const { out, tally } = place.encoding
  if (value === undefined) return
  if (taken.has(path) || (place.isDynamic && NO_TUPLE_NAMES.has(path))) {
    tally.droppedAttributes++
    return
  }
  const start = out.length
  if (taken.size > 0) out.byte(COMMA)
  writeText(path, place.encoding)
  out.byte(COLON)
  if (kind) {
    writeAs(kind, value, place.encoding)
  } else if (!writeValue(value, place)) {
    out.length = start
    tally.unreadableValues++
    return
  }
  taken.add(path)
}

/** False, with nothing written, for a function or a symbol. May throw. */
function writeValue(value: unknown, place: Place): boolean {
  const { encoding } = place
  const { out } = encoding
  switch (typeof value) {
    case 'string':
      writeText(value, encoding)
      return true
    case 'number':
      writeAnyNumber(value, encoding)
      return true
    case 'boolean':
      out.text(String(value))
      return true
    case 'bigint':
      out.text(value >= MIN_INT && value <= MAX_INT ? String(value) : `"${value}"`)
      return true
    case 'object':
      if (value === null) out.text('null')
      else return writeContainer(value, place)
      return true
    default:
      return false
  }
}

/** The server refuses whole numbers that do not fit in 64 bits, unless they have an exponent. */
function writeAnyNumber(value: number, { out }: Encoding): void {
  if (!Number.isFinite(value)) out.text(`"${value}"`)
  else if (Math.abs(value) >= 2 ** 63) out.text(value.toExponential())
  else writeNumber(out, value)
}

function writeContainer(object: object, place: Place): boolean {
  const plain = plainOf(object, place.encoding)
  if (typeof plain !== 'object' || plain === null) return writeValue(plain, place)
  const end = endOf(plain, place)
  if (end !== undefined) {
    place.encoding.tally.truncatedValues++
    return writeValue(end, place)
  }
  if (isMap(plain)) writeObject(plain, { ...place, typed: NONE_TYPED })
  else writeList(plain instanceof Set ? setValues(plain) : (plain as ArrayLike<unknown>), place)
  return true
}

function writeList(list: ArrayLike<unknown>, place: Place): void {
  const { encoding } = place
  const { out } = encoding
  const within = { ...place, ancestors: [...place.ancestors, list] }
  const element: Kind = { empty: 'null', write: (value) => writeValue(value, within) }
  const rowRoom = encoding.room
  if (place.ancestors.length <= 1) encoding.room = Math.min(rowRoom, NESTED_ROOM)
  const granted = encoding.room
  out.text('[')
  for (const [index, item] of elementsOf(list, encoding).entries()) {
    if (index > 0) out.byte(COMMA)
    writeAs(element, item, encoding)
  }
  out.text(']')
  encoding.room += rowRoom - granted
}

/** What stands for an object that is not entered: it is too deep, or in a circle. */
function endOf(object: object, { ancestors }: Place): string | undefined {
  if (ancestors.length >= MAX_DEPTH) return '…'
  return ancestors.includes(object) ? '[Circular]' : undefined
}

function keysOf(object: object): readonly unknown[] {
  return object instanceof Map ? mapEntries(object).map(([key]) => key) : Object.keys(object)
}

function memberOf(object: object, key: unknown): unknown {
  if (object instanceof Map) return Map.prototype.get.call(object, key)
  return Reflect.get(object, key as string)
}
