import { isList, plainValue } from '../values/plain-value.js'
import { compareUtf8 } from '../values/utf8-order.js'
import { AttributeSource } from './source.js'

const MAX_DEPTH = 64
const MAX_PATHS = 10_000

/** The paths to all values of an object of attributes, sorted, each once. Maps in it are entered, lists are not. */
export function leafPaths(source: unknown): string[] {
  const paths = new Set<string>()
  add(source instanceof AttributeSource ? source.attributes : source, undefined, 0, paths)
  return [...paths].sort(compareUtf8)
}

function add(source: unknown, prefix: string | undefined, depth: number, paths: Set<string>): void {
  for (const [key, value] of entriesOf(source)) {
    if (paths.size >= MAX_PATHS) return
    const path = prefix === undefined ? key : `${prefix}.${key}`
    const plain = plainOf(value)
    if (plain === undefined || typeof plain === 'function' || typeof plain === 'symbol') continue
    if (isMap(plain) && depth < MAX_DEPTH) add(plain, path, depth + 1, paths)
    else paths.add(path)
  }
}

/** Only what can be read: an attribute whose getter throws is counted where its value is written. */
function entriesOf(source: unknown): [string, unknown][] {
  if (source instanceof Map) return [...source].map(([key, value]) => [String(key), value])
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
