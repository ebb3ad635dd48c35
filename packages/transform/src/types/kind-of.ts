import { array } from './array.js'
import { date, date32, dateTime } from './date-time.js'
import { decimal } from './decimal.js'
import { enumeration } from './enumeration.js'
import { fixedString } from './fixed-string.js'
import { ipv4, ipv6 } from './ip.js'
import { dynamic, json } from './json.js'
import type { Kind } from './kind.js'
import { map } from './map.js'
import { bfloat16, bool, float, float32, integer } from './number.js'
import { attributeText, text } from './text.js'
import { type Element, tuple } from './tuple.js'
import { parseType, unquoted, wholeArgument } from './type-text.js'
import { uuid } from './uuid.js'
import { variant } from './variant.js'

type Make = (args: readonly string[], type: string) => Kind

/** The kind for a ClickHouse type text, e.g. `Map(LowCardinality(String), String)`. Throws a TypeError for a type that this package cannot write. */
export function kindOf(type: string): Kind {
  const { name, args } = parseType(type)
  const make = kinds.get(name)
  if (make) return make(args, type)
  const meant = [...kinds.keys()].find((known) => known.toLowerCase() === name.toLowerCase())
  throw new TypeError(
    `cannot write a column of type ${type}; ${meant ? `did you mean ${meant}?` : `supported are ${[...kinds.keys()].join(', ')}`}`,
  )
}

export function isTypeName(name: string): boolean {
  return kinds.has(name)
}

const NOT_IN_NULLABLE = /^\s*(Array|Map|Tuple|Nullable|LowCardinality|Variant|Dynamic|Nested)\b/
const IN_LOW_CARDINALITY =
  /^\s*(Nullable\s*\(\s*)?(String|FixedString|Date|Date32|DateTime|U?Int\d+|Float\d+|UUID|IPv4|IPv6)\b/
const KEY_OF_MAP =
  /^\s*(LowCardinality\s*\(\s*(String|FixedString)|String|FixedString|U?Int\d+|UUID|Date|Date32|Enum8|Enum16|IPv4|IPv6)\b/
const NOT_IN_VARIANT = /^\s*(Nullable|Variant|Dynamic|LowCardinality\s*\(\s*Nullable)\b/

const kinds: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['String', plain(text)],
  ['FixedString', (args, type) => fixedString(whole(args, type, 1, 0xffffff))],
  [
    'LowCardinality',
    (args, type) => kindOf(one(args, type, IN_LOW_CARDINALITY, 'a text, number, date or address')),
  ],
  ['Nullable', (args, type) => ({ ...kindOf(notNullable(args, type)), empty: 'null' })],
  ['Array', (args, type) => array(kindOf(one(args, type)))],
  ['Map', mapOf],
  ['Tuple', (args, type) => tuple(elementsOf(args, type))],
  ['Bool', plain(bool)],
  ...[8, 16, 32, 64, 128, 256].flatMap((bits): [string, Make][] => [
    [`Int${bits}`, plain(integer(bits, true))],
    [`UInt${bits}`, plain(integer(bits, false))],
  ]),
  ['Float32', plain(float32)],
  ['Float64', plain(float)],
  ['BFloat16', plain(bfloat16)],
  ['Decimal', decimalOf],
  ...[9, 18, 38, 76].map((precision, index): [string, Make] => [
    `Decimal${32 * 2 ** index}`,
    (args, type) => decimal(precision, whole(args, type, 0, precision)),
  ]),
  ['Date', plain(date)],
  ['Date32', plain(date32)],
  ['DateTime', (args, type) => inZone(dateTime(0), args, type)],
  [
    'DateTime64',
    ([precision = '3', ...rest], type) =>
      inZone(dateTime(whole([precision], type, 0, 9)), rest, type),
  ],
  ['UUID', plain(uuid)],
  ['IPv4', plain(ipv4)],
  ['IPv6', plain(ipv6)],
  ['Enum8', (args) => enumeration(args, 8)],
  ['Enum16', (args) => enumeration(args, 16)],
  ['JSON', jsonOf],
  ['Dynamic', () => dynamic],
  ['Variant', variantOf],
  ['SimpleAggregateFunction', ([, inner = ''], type) => kindOf(inner || missing(type))],
])

function plain(kind: Kind): Make {
  return (args, type) => (args.length === 0 ? kind : fail(type, 'it has no arguments'))
}

function one(
  args: readonly string[],
  type: string,
  allowed: RegExp = /\S/,
  rule = 'one type',
): string {
  const [inner = ''] = args
  return args.length === 1 && allowed.test(inner)
    ? inner
    : fail(type, `its argument must be ${rule}`)
}

function notNullable(args: readonly string[], type: string): string {
  const inner = one(args, type)
  return NOT_IN_NULLABLE.test(inner)
    ? fail(type, `ClickHouse has no Nullable of ${inner}: its empty value stands for null`)
    : inner
}

function mapOf(args: readonly string[], type: string): Kind {
  const [key = '', element = ''] = args
  if (args.length !== 2) return fail(type, 'it needs the types of its keys and its values')
  if (!KEY_OF_MAP.test(key)) return fail(type, `${key} cannot be the key of a map`)
  const isTexts = /^(String|LowCardinality\s*\(\s*String\s*\))$/
  const kind = kindOf(element)
  return map(
    isTexts.test(element) ? attributeText : kind,
    isTexts.test(key) ? undefined : kindOf(key),
  )
}

function elementsOf(args: readonly string[], type: string): Element[] {
  if (args.length === 0) return fail(type, 'it needs the types of its elements')
  const elements = args.map((arg) => {
    const [, name, inner = arg] =
      /^(`(?:[^`\\]|\\.)+`|[A-Za-z_]\w*)\s+([A-Za-z].*)$/s.exec(arg) ?? []
    return { name: name && (unquoted(name) ?? name), kind: kindOf(inner) }
  })
  const names = new Set(elements.map(({ name }) => name))
  const isNamed = !names.has(undefined)
  if (isNamed ? names.size < elements.length : names.size > 1)
    return fail(type, 'each element needs a name of its own, or none has a name')
  if (names.has('null')) return fail(type, 'ClickHouse reserves the name null')
  return elements
}

function decimalOf(
  [precision = '10', scale = '0', ...more]: readonly string[],
  type: string,
): Kind {
  const digits = whole([precision], type, 1, 76)
  return more.length > 0
    ? fail(type, 'it has two arguments')
    : decimal(digits, whole([scale], type, 0, digits))
}

function jsonOf(args: readonly string[]): Kind {
  const typed = args.flatMap((arg): [string, Kind][] => {
    if (/^(max_dynamic_(paths|types)\s*=|SKIP\s)/i.test(arg)) return []
    const [, path = '', inner = arg] = /^((?:`[^`]+`|[\w.])+)\s+(\S.*)$/s.exec(arg) ?? []
    return [[path.replaceAll('`', ''), kindOf(inner)]]
  })
  return json(new Map(typed))
}

function variantOf(args: readonly string[], type: string): Kind {
  if (args.length === 0 || args.some((arg) => NOT_IN_VARIANT.test(arg)))
    return fail(type, 'it needs types that are not Nullable, Variant or Dynamic')
  return variant(args.map((arg) => ({ name: parseType(arg).name, kind: kindOf(arg) })))
}

function inZone(kind: Kind, [zone, ...more]: readonly string[], type: string): Kind {
  const isZone = zone === undefined || unquoted(zone)
  return isZone && more.length === 0 ? kind : fail(type, 'a time zone must be a text in quotes')
}

function whole(args: readonly string[], type: string, min: number, max: number): number {
  const number = args.length === 1 ? wholeArgument(args[0], min, max) : undefined
  return number ?? fail(type, `its argument must be a whole number from ${min} to ${max}`)
}

function missing(type: string): never {
  return fail(type, 'it needs a function and a type')
}

function fail(type: string, why: string): never {
  throw new TypeError(`cannot write a column of type ${type}: ${why}`)
}
