import { setValues } from '../values/native.js'
import { isList } from '../values/plain-value.js'
import { type Kind, writeAs } from './kind.js'

const COMMA = 0x2c

export interface Element {
  /** All elements of a tuple have a name, or none has. */
  readonly name?: string | undefined
  readonly kind: Kind
}

/**
 * A list by position, or for elements with names an object by name. Missing elements are empty; those that the tuple does not have are
 * left out.
 */
export function tuple(elements: readonly Element[]): Kind {
  const isNamed = elements[0]?.name !== undefined
  const [open, close] = isNamed ? '{}' : '[]'
  const parts = elements.map(({ name = '', kind }) => ({
    name,
    kind,
    key: isNamed ? `${JSON.stringify(name)}:` : '',
  }))
  return {
    empty: open + parts.map(({ key, kind }) => key + kind.empty).join(',') + close,
    write(value, encoding) {
      const source = value instanceof Set ? setValues(value) : value
      const byPosition = isList(source)
      if (typeof source !== 'object' || (!isNamed && !byPosition)) return false
      const { out } = encoding
      out.text(open ?? '')
      for (const [index, { name, key, kind }] of parts.entries()) {
        if (index > 0) out.byte(COMMA)
        out.text(key)
        writeAs(kind, byPosition ? source[index] : own(source, name), encoding)
      }
      out.text(close ?? '')
      return true
    },
  }
}

// An own property: a tuple may have an element `constructor`.
function own(source: object, name: string): unknown {
  if (source instanceof Map) return Map.prototype.get.call(source, name)
  return Object.hasOwn(source, name) ? Reflect.get(source, name) : undefined
}
