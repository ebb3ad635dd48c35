import { textOf } from './attribute.js'
import { MEMBERS, writeOrdinary } from './attribute-map.js'
import { AttributeSource, readAttributes, readSource } from './attributes.js'
import { date, dateTime } from './date-time.js'
import type { Encoding } from './encoding.js'
import { cut, writeText } from './json-text.js'
import { elementsOf } from './list.js'
import { mapEntries, setValues } from './native.js'
import { bool, float, integer } from './number.js'
import { isList } from './plain-value.js'

/** How the values of a ClickHouse type are written in JSONEachRow. */
export interface Kind {
  /** JSON text that stands for undefined, null, and what cannot be read: the type's default on the server. */
  readonly empty: string
  /** Writes the value; false where it cannot be read as this type. What was written until then is taken back. May throw. */
  write(value: NonNullable<unknown>, encoding: Encoding): boolean
}

/** Writes `value` as `kind`, whatever it is. */
export function writeAs(kind: Kind, value: unknown, encoding: Encoding): void {
  const { out } = encoding
  if (value !== undefined && value !== null) {
    const start = out.length
    try {
      if (kind.write(value, encoding)) return
    } catch {
      // a getter or Proxy trap of the value's
    }
    out.length = start
    encoding.tally.unreadableValues++
  }
  out.text(kind.empty)
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

export const text: Kind = {
  empty: '""',
  write(value, encoding) {
    const written = typeof value === 'string' ? value : textOf(value, encoding)
    if (written === undefined) return false
    writeText(written, encoding)
    return true
  },
}

/** The text of an attribute: what `attributeValueLength` bounds. */
const attributeText: Kind = {
  empty: '""',
  write(value, encoding) {
    const written = textOf(value, encoding)
    if (written === undefined) return false
    const most = encoding.limits.attributeValueLength ?? Number.POSITIVE_INFINITY
    writeText(cut(written, most, encoding), encoding)
    return true
  },
}

function nullable(inner: Kind): Kind {
  return { ...inner, empty: 'null' }
}

const COMMA = 0x2c
const COLON = 0x3a
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]
const [OPEN_MAP, CLOSE_MAP] = [0x7b, 0x7d]

function array(element: Kind): Kind {
  return {
    empty: '[]',
    write(value, encoding) {
      const list = value instanceof Set ? setValues(value) : value
      if (!isList(list)) return false
      const { out } = encoding
      out.byte(OPEN_LIST)
      for (const [index, item] of elementsOf(list, encoding).entries()) {
        if (index > 0) out.byte(COMMA)
        writeAs(element, item, encoding)
      }
      out.byte(CLOSE_LIST)
      return true
    },
  }
}

/** A plain object is read within the limits; a JS Map is written as it is. */
function map(element: Kind): Kind {
  return {
    empty: '{}',
    write(value, encoding) {
      if (value instanceof Map) return writeEntries(element, value, encoding)
      const isOurs = value instanceof AttributeSource
      const source = isOurs ? value : new AttributeSource(value)
      if (element === attributeText && writeOrdinary(source, encoding, MEMBERS)) return true
      const read = isOurs ? readSource(source, encoding) : readAttributes(value, encoding)
      return writeEntries(element, read, encoding)
    },
  }
}

function writeEntries(element: Kind, given: Map<unknown, unknown>, encoding: Encoding): true {
  const { out, tally } = encoding
  const entries = distinct(mapEntries(given))
  out.byte(OPEN_MAP)
  let written = 0
  for (const [key, item] of entries) {
    if (encoding.room <= 0) {
      tally.droppedAttributes += entries.length - written
      break
    }
    if (written++ > 0) out.byte(COMMA)
    writeText(key, encoding)
    out.byte(COLON)
    writeAs(element, item, encoding)
  }
  out.byte(CLOSE_MAP)
  return true
}

/** Keys as they will be stored. ClickHouse keeps duplicates, so two that become one are made one here: the last wins. */
function distinct(entries: [unknown, unknown][]): [string, unknown][] {
  if (entries.every(([key]) => typeof key === 'string' && key.toWellFormed() === key)) {
    return entries as [string, unknown][]
  }
  return [...new Map(entries.map(([key, value]) => [String(key).toWellFormed(), value]))]
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
