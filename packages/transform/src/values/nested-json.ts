import { numberText } from '../writing/digits.js'
import { ELEMENT, type Encoding } from '../writing/encoding.js'
import { jsonText } from '../writing/json-text.js'
import { mapEntries, setValues } from './native.js'
import { isList, plainValue } from './plain-value.js'
import { compareUtf8 } from './utf8-order.js'

const MAX_DEPTH = 64
const HOLE = 1024 // the room that each hole takes: a sparse array can claim four thousand million elements and have none

/**
 * JSON of an array or map, with a marker where it is cut because of its depth, a cycle or the lack of room. A function, symbol or
 * undefined is null in an array and left out of a map. The keys of maps are sorted as the Collector sorts them, so that equal maps
 * have the same text in every table.
 */
export function containerJson(
  container: object,
  ancestors: readonly object[],
  encoding: Encoding,
): string {
  const path = [...ancestors, container]
  if (isList(container)) return listJson(container, path, encoding)
  if (container instanceof Set) return listJson(setValues(container), path, encoding)
  if (container instanceof Map) {
    const values = valuesByText(container, path, encoding)
    return mapJson([...values.keys()], (key) => values.get(key), path, encoding)
  }
  return mapJson(Object.keys(container), (key) => read(container, key, encoding), path, encoding)
}

function nestedJson(
  value: unknown,
  ancestors: readonly object[],
  encoding: Encoding,
): string | undefined {
  switch (typeof value) {
    case 'string':
      return jsonText(value, encoding)
    case 'number':
      return Number.isFinite(value) ? numberText(value) : `"${value}"`
    case 'boolean':
      return String(value)
    case 'bigint':
      return charged(String(value), encoding)
    case 'object':
      return value === null ? 'null' : nestedObjectJson(value, ancestors, encoding)
    case 'undefined':
      return undefined
    default:
      encoding.tally.unreadableValues++
      return undefined
  }
}

function nestedObjectJson(
  object: object,
  ancestors: readonly object[],
  encoding: Encoding,
): string {
  try {
    const plain = plainValue(object)
    if (typeof plain !== 'object' || plain === null) {
      return nestedJson(plain, ancestors, encoding) ?? 'null'
    }
    if (ancestors.length >= MAX_DEPTH) return marker('"…"', encoding)
    if (ancestors.includes(plain)) return marker('"[Circular]"', encoding)
    return containerJson(plain, ancestors, encoding)
  } catch {
    encoding.tally.unreadableValues++
    return 'null'
  }
}

function listJson(list: ArrayLike<unknown>, path: readonly object[], encoding: Encoding): string {
  let json = ''
  for (let index = 0; index < list.length; index++) {
    if (index > 0) json += ','
    if (encoding.room <= 0) return `[${json}${marker('"…"', encoding)}]`
    encoding.room -= index in list ? ELEMENT : HOLE
    json += nestedJson(read(list, index, encoding), path, encoding) ?? 'null'
  }
  return `[${json}]`
}

function mapJson(
  keys: readonly string[],
  valueAt: (key: string) => unknown,
  path: readonly object[],
  encoding: Encoding,
): string {
  let json = ''
  // Sort only as many keys as can be written, and one more for the marker.
  for (const key of keys.slice(0, mostElements(encoding) + 1).sort(compareUtf8)) {
    const separator = json === '' ? '' : ','
    if (encoding.room <= 0) return `{${json}${separator}${marker('"…":"…"', encoding)}}`
    encoding.room -= ELEMENT
    const text = nestedJson(valueAt(key), path, encoding)
    if (text === undefined) continue
    json += `${separator}${jsonText(key, encoding)}:${text}`
  }
  return `{${json}}`
}

function mostElements({ room }: Encoding): number {
  return Math.max(0, Math.ceil(room / ELEMENT))
}

/** If several keys have the same text, the last one wins. */
function valuesByText(
  map: Map<unknown, unknown>,
  path: readonly object[],
  encoding: Encoding,
): Map<string, unknown> {
  const entries = mapEntries(map).slice(0, mostElements(encoding) + 1)
  return new Map(entries.map(([key, value]) => [keyText(key, path, encoding), value]))
}

function keyText(key: unknown, path: readonly object[], encoding: Encoding): string {
  return typeof key === 'string' ? key : (nestedJson(key, path, encoding) ?? '')
}

function read(object: object, key: PropertyKey, encoding: Encoding): unknown {
  try {
    return Reflect.get(object, key)
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}

function charged(text: string, encoding: Encoding): string {
  encoding.room -= text.length
  return text
}

function marker(text: string, encoding: Encoding): string {
  encoding.tally.truncatedValues++
  return text
}
