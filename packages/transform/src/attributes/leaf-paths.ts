import { mapEntries } from '../values/native.js'
import { isList, plainValue } from '../values/plain-value.js'
import { compareUtf8 } from '../values/utf8-order.js'
import { ELEMENT, type Encoding } from '../writing/encoding.js'
import { AttributeSource } from './source.js'

const MAX_DEPTH = 64
const MAX_PATHS = 10_000
// A path repeats the names above its key, and maps that contain others twice have paths without end. Each map takes room too: none may hold a value.
const ROOM = 1024 * 1024

interface Found {
  readonly paths: Set<string>
  /** Characters that may still be read. */
  room: number
}

/** The paths to all values of an object of attributes, sorted, each once. Maps in it are entered, lists are not. */
export function leafPaths(source: unknown, { tally }: Encoding): string[] {
  const found: Found = { paths: new Set(), room: ROOM }
  const attributes = source instanceof AttributeSource ? source.attributes : source
  if (!add(attributes, undefined, 0, found)) tally.truncatedValues++
  return [...found.paths].sort(compareUtf8)
}

/** False if there was no room for all of them. */
function add(source: unknown, prefix: string | undefined, depth: number, found: Found): boolean {
  for (const [key, value] of entriesOf(source)) {
    const path = prefix === undefined ? key : `${prefix}.${key}`
    found.room -= ELEMENT + path.length
    if (found.room < 0 || found.paths.size >= MAX_PATHS) return false
    const plain = plainOf(value)
    if (plain === undefined || typeof plain === 'function' || typeof plain === 'symbol') continue
    if (!isMap(plain) || depth >= MAX_DEPTH) found.paths.add(path)
    else if (!add(plain, path, depth + 1, found)) return false
  }
  return true
}

/** Only what can be read: an attribute whose getter throws is counted where its value is written. */
function entriesOf(source: unknown): [string, unknown][] {
  if (source instanceof Map) return mapEntries(source).map(([key, value]) => [String(key), value])
  return Object.keys(Object(source)).flatMap((key): [string, unknown][] => {
    try {
      return [[key, Reflect.get(Object(source), key)]]
    } catch {
      return []
    }
  })
}

function plainOf(value: unknown): unknown {
  try {
    return typeof value === 'object' && value !== null ? plainValue(value) : value
  } catch {
    return undefined
  }
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isList(value) && !(value instanceof Set)
}
