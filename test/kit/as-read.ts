import { parseType } from '../../packages/transform/src/types/type-text.js'

/** A value of a type in one form, whether it is that of `toRow` or was read from the server as JSON with times as numbers. */
export function asRead(type: string, value: unknown): unknown {
  const { name, args } = parseType(type)
  const [first = '', second = ''] = args
  switch (name) {
    case 'Nullable':
      return value === null ? null : asRead(first, value)
    case 'LowCardinality': {
      const one = value === null ? null : asRead(first, value)
      return one === 0 ? 0 : one // its dictionary has no −0
    }
    case 'Array':
      return (value as unknown[]).map((item) => asRead(first, item))
    case 'Map':
      return Object.entries(value as object)
        .map(([key, item]) => [asRead(first, key), asRead(second, item)])
        .sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
    case 'Tuple':
      return args.map((arg, index) => {
        const [, quoted, inner = arg] = /^(`[^`]+`|[a-z]+)\s+([A-Z].*)$/s.exec(arg) ?? []
        const key = quoted === undefined ? index : quoted.replaceAll('`', '')
        return asRead(inner, (value as Record<PropertyKey, unknown>)[key])
      })
    case 'FixedString':
      return String(value).replace(/\0+$/, '')
    case 'Float32':
      return Math.fround(Number(value))
    case 'BFloat16':
      return upperHalf(Number(value))
    case 'IPv6':
      return new URL(`http://[${value}]`).hostname
    case 'DateTime':
    case 'DateTime64':
      return String(value).replace(/^0+(?=\d)/, '')
    case 'JSON':
      return leavesOf(value, args)
    case 'Dynamic':
      return free(value, true)
    case 'Variant':
      return asNumber(free(value))
    default:
      return value
  }
}

/** The server cuts a float to its upper two bytes. */
function upperHalf(value: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  view.setUint16(2, 0)
  return view.getFloat32(0)
}

type Leaf = readonly [path: string, value: unknown]

/**
 * Paths and values of an object, whichever way its maps are written. Without null, which the server does not keep; without a typed path
 * at its default, which the server adds; and without a value at a path that goes on, since JavaScript keeps one of two equal keys.
 */
function leavesOf(object: unknown, args: readonly string[], isDynamic = false): Leaf[] {
  const typed = args.some((arg) => arg.includes(' '))
  const all = leaves(object, isDynamic)
  return all
    .filter(([path, value]) => !typed || !['a=0', 'b.c='].includes(`${path}=${value}`))
    .filter(([path]) => !typed || path !== 'b')
    .filter(([, value]) => !isDynamic || !DEFAULTS.includes(String(value)))
    .filter(([path]) => !all.some(([other]) => other.startsWith(`${path}.`)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

/** In a Dynamic column all objects of a list become tuples with the same elements: the server adds what one of them lacks. */
const DEFAULTS = ['', '0', 'false', '{}']

function leaves(value: unknown, isDynamic: boolean, at?: string): Leaf[] {
  const path = at ?? ''
  if (value === null) return []
  if (typeof value !== 'object' || Array.isArray(value)) return [[path, free(value, isDynamic)]]
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item, isDynamic, at === undefined ? key : `${at}.${key}`),
  )
}

/**
 * A value whose type the server chose. It may be another one than JSON has: texts for all items of a list, a number for a text of digits. So
 * what counts is how the value is written, and of a number as many digits as JavaScript keeps. In a list of lists or objects, null
 * is an empty one.
 */
function free(value: unknown, isDynamic = false): unknown {
  if (value === null) return null
  if (Array.isArray(value)) {
    const items = value.map((item) => free(item, isDynamic))
    return items.map((item) => (item === '{}' || isEmptyList(item) ? null : item))
  }
  if (typeof value === 'object') {
    const inside = leavesOf(value, [], isDynamic)
    return inside.length === 0 ? '{}' : inside
  }
  const text = String(value)
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? String(Number(text)) : text
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

const NUMBERS: ReadonlyMap<unknown, string> = new Map([
  ['true', '1'],
  ['false', '0'],
  ['', '0'],
  ['NaN', 'nan'],
])

/** Whether a text is a text, a Bool or a number is the server's choice, where the type has several of them. */
function asNumber(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asNumber)
  return NUMBERS.get(value) ?? value
}
