import { signed } from './numbers.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'

const KeyValue = { key: 0x0a, value: 0x12 } as const
const AnyValue = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
} as const
/** Of ArrayValue and KeyValueList. */
const VALUES = 0x0a

const MAX_DEPTH = 64

interface Nested extends Shape {
  [tag: number]: Shape
}

const ANY_VALUE: Nested = { isValue: true, maxDepth: MAX_DEPTH }
const KEY_VALUE: Shape = { isKey: true, [KeyValue.value]: ANY_VALUE }
ANY_VALUE[AnyValue.array] = { [VALUES]: ANY_VALUE }
ANY_VALUE[AnyValue.kvlist] = { [VALUES]: KEY_VALUE }

export { ANY_VALUE, KEY_VALUE }

/** Attributes, or a map among their values. They have no prototype but an empty one, so that `__proto__` is a key like any other. */
export type Values = Record<string, unknown>

// Objects of a class are faster to fill and to read than those that Object.create(null) makes.
class NoPrototype {
  [key: string]: unknown
}
Reflect.deleteProperty(NoPrototype.prototype, 'constructor')
Object.setPrototypeOf(NoPrototype.prototype, null)

export function newValues(): Values {
  return new NoPrototype()
}

/** Reads a KeyValue into the map. Of duplicate keys the last wins. */
export function readKeyValue(reader: WireReader, end: number, into: Values, depth = 0): void {
  reader.key()
  const to = reader.endOfNext(end)
  let key = ''
  let value: unknown = null
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === KeyValue.key) key = reader.text(to)
    else if (tag === KeyValue.value) value = readAnyValue(reader, to, depth, value)
    else reader.skip(tag, to)
  }
  into[key] = value
}

/** `before`: an earlier value of the same field, with which this one is merged; null if there was none. Beyond 64 levels, values are '…'. */
export function readAnyValue(
  reader: WireReader,
  end: number,
  depth = 0,
  before: unknown = null,
): unknown {
  reader.value()
  const to = reader.endOfNext(end)
  let value = before
  if (depth > MAX_DEPTH) {
    reader.at = to
    return '…'
  }
  while (reader.at < to) {
    const tag = reader.tag(to)
    switch (tag) {
      case AnyValue.string:
        value = reader.text(to)
        break
      case AnyValue.bool:
        value = reader.bool(to)
        break
      case AnyValue.int:
        value = signed(reader.varint(to), reader.high)
        break
      case AnyValue.double:
        value = reader.double(to)
        break
      case AnyValue.array:
        value = readList(reader, to, depth, Array.isArray(value) ? value : [])
        break
      case AnyValue.kvlist:
        value = readMap(reader, to, depth, value instanceof NoPrototype ? value : newValues())
        break
      case AnyValue.bytes:
        value = reader.copy(to)
        break
      default:
        reader.skip(tag, to)
    }
  }
  return value
}

function readList(reader: WireReader, end: number, depth: number, list: unknown[]): unknown[] {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === VALUES) list.push(readAnyValue(reader, to, depth + 1))
    else reader.skip(tag, to)
  }
  return list
}

function readMap(reader: WireReader, end: number, depth: number, map: Values): Values {
  const to = reader.endOfNext(end)
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === VALUES) readKeyValue(reader, to, map, depth + 1)
    else reader.skip(tag, to)
  }
  return map
}
