import { textOf } from './attribute.js'
import { readAttributes } from './attributes.js'
import { date, dateTime } from './date-time.js'
import type { Encoding } from './encoding.js'
import { cut, jsonText, wellFormed } from './json-text.js'
import { elementsOf } from './list.js'
import { mapEntries, setValues } from './native.js'
import { bool, float, integer } from './number.js'
import { isList } from './plain-value.js'

/** How the values of a ClickHouse type are written in JSONEachRow. */
export interface Kind {
  /** Stands for undefined, null, and what cannot be read. */
  readonly empty: string
  /** JSON text, or undefined where `value` cannot be read as this type. May throw. */
  write(value: NonNullable<unknown>, encoding: Encoding): string | undefined
}

/** JSON text of `value` as `kind`, whatever it is. */
export function writeAs(kind: Kind, value: unknown, encoding: Encoding): string {
  if (value === undefined || value === null) return kind.empty
  try {
    const json = kind.write(value, encoding)
    if (json !== undefined) return json
  } catch {
    // a getter or Proxy trap of the value's
  }
  encoding.tally.unreadableValues++
  return kind.empty
}

/** The kind of a ClickHouse type text, e.g. `Map(LowCardinality(String), String)`. Throws a TypeError for types that are not written here. */
export function kindOf(type: string): Kind {
  const [, name = '', inner] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/s.exec(type) ?? []
  const make = kinds.get(name)
  if (!make)
    throw new TypeError(
      `no way to write a column of type ${type}; known are ${[...kinds.keys()].join(', ')}`,
    )
  return make(splitArguments(inner ?? ''))
}

const text: Kind = {
  empty: '""',
  write(value, encoding) {
    const written = textOf(value, encoding)
    return written === undefined ? undefined : jsonText(written, encoding)
  },
}

/** The text of an attribute: what `attributeValueLength` bounds. */
const attributeText: Kind = {
  empty: '""',
  write(value, encoding) {
    const written = textOf(value, encoding)
    if (written === undefined) return undefined
    const most = encoding.limits.attributeValueLength ?? Number.POSITIVE_INFINITY
    return jsonText(cut(written, most, encoding), encoding)
  },
}

function nullable(inner: Kind): Kind {
  return { ...inner, empty: 'null' }
}

function array(element: Kind): Kind {
  return {
    empty: '[]',
    write(value, encoding) {
      const list = value instanceof Set ? setValues(value) : value
      if (!isList(list)) return undefined
      const elements = elementsOf(list, encoding).map((item) => writeAs(element, item, encoding))
      return `[${elements.join(',')}]`
    },
  }
}

/** A plain object is read within the limits; a JS Map is written as it is. */
function map(element: Kind): Kind {
  return {
    empty: '{}',
    write(value, encoding) {
      const given = value instanceof Map ? value : readAttributes(value, encoding)
      const entries = distinct(mapEntries(given))
      let json = ''
      let written = 0
      for (const [key, item] of entries) {
        if (encoding.room <= 0) {
          encoding.tally.droppedAttributes += entries.length - written
          break
        }
        json += `${written++ > 0 ? ',' : ''}${jsonText(key, encoding)}:${writeAs(element, item, encoding)}`
      }
      return `{${json}}`
    },
  }
}

/** Keys as they will be stored. ClickHouse keeps duplicates, so two that become one are made one here: the last wins. */
function distinct(entries: [unknown, unknown][]): [string, unknown][] {
  if (entries.every(([key]) => typeof key === 'string' && wellFormed(key) === key)) {
    return entries as [string, unknown][]
  }
  return [...new Map(entries.map(([key, value]) => [wellFormed(String(key)), value]))]
}

const kinds = new Map<string, (args: string[]) => Kind>([
  ['String', () => text],
  ['LowCardinality', ([inner = '']) => kindOf(inner)],
  ['Nullable', ([inner = '']) => nullable(kindOf(inner))],
  ['Array', ([inner = '']) => array(kindOf(inner))],
  [
    'Map',
    ([, inner = '']) =>
      map(/^\s*(LowCardinality\s*\(\s*)?String\b/.test(inner) ? attributeText : kindOf(inner)),
  ],
  ['Bool', () => bool],
  ...[8, 16, 32, 64, 128, 256].flatMap((bits): [string, () => Kind][] => [
    [`Int${bits}`, () => integer(bits, true)],
    [`UInt${bits}`, () => integer(bits, false)],
  ]),
  ['Float32', () => float],
  ['Float64', () => float],
  ['Date', () => date],
  ['DateTime', () => dateTime(0)],
  ['DateTime64', ([precision = '3']) => dateTime(Number(precision))],
  // Written as text, which the server must be able to read: what it cannot refuses the insert.
  ['FixedString', () => text],
  ['UUID', () => ({ ...text, empty: '"00000000-0000-0000-0000-000000000000"' })],
  ['IPv4', () => ({ ...text, empty: '"0.0.0.0"' })],
  ['IPv6', () => ({ ...text, empty: '"::"' })],
  ['Decimal', () => ({ ...text, empty: '"0"' })],
  ['Enum8', () => ({ ...text, empty: 'null' })], // which the server takes for its default
  ['Enum16', () => ({ ...text, empty: 'null' })],
])

/** Splits at commas outside parentheses and quotes. */
function splitArguments(inner: string): string[] {
  const pieces: string[] = ['']
  let depth = 0
  for (const [token] of inner.matchAll(/'(?:[^'\\]|\\.)*'|[^'(),]+|./gs)) {
    if (token === '(') depth++
    if (token === ')') depth--
    if (token === ',' && depth === 0) pieces.push('')
    else pieces.push(pieces.pop() + token)
  }
  return pieces
}
