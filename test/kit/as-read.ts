import { parseType } from '../../packages/transform/src/types/type-text.js'

/** A value of a type in one form, whether it is that of `toRow` or was read from the server as JSON with times as numbers. */
export function asRead(type: string, value: unknown): unknown {
  const { name, args } = parseType(type)
  const [first = '', second = ''] = args
  switch (name) {
    case 'Nullable':
    case 'LowCardinality':
      return value === null ? null : asRead(first, value)
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
      return JSON.stringify(leavesOf(value, args))
    case 'Dynamic':
    case 'Variant':
      return value === null // which of its types it has is the server's choice
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

/**
 * Paths and values of an object, whichever way its maps are written. Without null, which the server does not keep; without a typed path
 * at its default, which the server adds; and without a value at a path that goes on, since JavaScript keeps one of two equal keys.
 */
function leavesOf(object: unknown, args: readonly string[]): [path: string, text: string][] {
  const typed = args.some((arg) => arg.includes(' '))
  const all = leaves(object)
  return all
    .filter(([path, text]) => !typed || !['a=0', 'b.c=list of 0'].includes(`${path}=${text}`))
    .filter(([path]) => !typed || path !== 'b')
    .filter(([path]) => !all.some(([other]) => other.startsWith(`${path}.`)))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function leaves(value: unknown, at?: string): [path: string, text: string][] {
  const path = at ?? ''
  if (value === null) return []
  if (Array.isArray(value)) return [[path, `list of ${value.length}`]]
  if (typeof value !== 'object') return [[path, scalarText(value)]]
  return Object.entries(value).flatMap(([key, item]) =>
    leaves(item, at === undefined ? key : `${at}.${key}`),
  )
}

/** Integers of 64 bits are read as texts. */
function scalarText(value: unknown): string {
  return typeof value === 'string' && /^-?\d{1,20}$/.test(value)
    ? String(Number(value))
    : String(value)
}
