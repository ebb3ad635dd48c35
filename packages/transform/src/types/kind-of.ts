import { array } from './array.js'
import { date, dateTime } from './date-time.js'
import type { Kind } from './kind.js'
import { map } from './map.js'
import { bool, float, integer } from './number.js'
import { attributeText, text } from './text.js'

/** The kind for a ClickHouse type text, e.g. `Map(LowCardinality(String), String)`. Throws a TypeError for a type that this package cannot write. */
export function kindOf(type: string): Kind {
  const [, name = '', inner] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/s.exec(type) ?? []
  const make = kinds.get(name)
  if (!make)
    throw new TypeError(
      `cannot write a column of type ${type}; supported are ${[...kinds.keys()].join(', ')}`,
    )
  return make(splitArguments(inner ?? ''))
}

const kinds = new Map<string, (args: string[]) => Kind>([
  ['String', () => text],
  ['LowCardinality', ([inner = '']) => kindOf(inner)],
  ['Nullable', ([inner = '']) => ({ ...kindOf(inner), empty: 'null' })],
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
  // Written as text. If the server cannot read it, it refuses the whole INSERT.
  ['FixedString', () => text],
  ['UUID', () => ({ ...text, empty: '"00000000-0000-0000-0000-000000000000"' })],
  ['IPv4', () => ({ ...text, empty: '"0.0.0.0"' })],
  ['IPv6', () => ({ ...text, empty: '"::"' })],
  ['Decimal', () => ({ ...text, empty: '"0"' })],
  ['Enum8', () => ({ ...text, empty: 'null' })], // the server reads null as the default
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
