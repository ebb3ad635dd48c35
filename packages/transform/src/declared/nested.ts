import type { AnyColumn } from '../row/column.js'
import { parseType, unquoted } from '../types/type-text.js'

export function isNested({ type }: Pick<AnyColumn, 'type'>): boolean {
  return /^\s*Nested\b/.test(type)
}

/** The parts of a Nested column as the server has them, `name.part`, each from the member of that name of the objects in the list. */
export function nestedColumns(column: AnyColumn): AnyColumn[] {
  const { name, type, value, each, default: given, ...shape } = column
  if (each || given !== undefined)
    throw new TypeError(`column ${name}: a Nested column has no ${each ? 'each' : 'default'}`)
  const parts = parseType(type).args
  if (parts.length === 0) throw new TypeError(`column ${name}: Nested needs names and types`)
  return parts.map((arg) => {
    const [, quoted, inner] = /^(`(?:[^`\\]|\\.)+`|[A-Za-z_]\w*)\s+(\S.*)$/s.exec(arg) ?? []
    if (quoted === undefined)
      throw new TypeError(`column ${name}: ${arg} is not a name and a type, as Nested needs them`)
    const part = unquoted(quoted) ?? quoted
    return {
      ...shape,
      name: `${name}.${part}`,
      type: `Array(${inner})`,
      each: value,
      value: (item) => member(item, part),
    }
  })
}

/** An own property of an object; undefined if there is none. */
export function member(item: unknown, part: string): unknown {
  if (typeof item !== 'object' || item === null) return undefined
  return Object.hasOwn(item, part) ? Reflect.get(item, part) : undefined
}
