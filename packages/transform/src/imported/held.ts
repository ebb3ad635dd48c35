import { enumNumbers } from '../types/enumeration.js'
import { parseType } from '../types/type-text.js'

/** What a column can hold, as far as that decides which fields may be written to it. */
export type Held =
  | {
      readonly what:
        | 'text'
        | 'integer'
        | 'float'
        | 'bool'
        | 'uuid'
        | 'address'
        | 'json'
        | 'texts by text'
        | 'values of several types'
    }
  | { readonly what: 'time'; readonly isDay: boolean }
  | { readonly what: 'fixed text'; readonly length: number }
  | { readonly what: 'names'; readonly names: ReadonlySet<string> }
  | { readonly what: 'list'; readonly of: Held }
  | { readonly what: 'tuple'; readonly parts: readonly string[] }
  | { readonly what: 'other' }

/** Throws a TypeError if the text is not a type. */
export function heldBy(type: string): Held {
  const { name, args } = parseType(type)
  const [first = ''] = args
  switch (name) {
    case 'LowCardinality':
    case 'Nullable':
      return heldBy(first)
    case 'SimpleAggregateFunction':
      return heldBy(args[1] ?? '')
    case 'String':
      return { what: 'text' }
    case 'FixedString':
      return { what: 'fixed text', length: Number(first) }
    case 'Enum8':
    case 'Enum16':
      return { what: 'names', names: new Set(enumNumbers(args, 16).keys()) }
    case 'Bool':
      return { what: 'bool' }
    case 'UUID':
      return { what: 'uuid' }
    case 'IPv4':
    case 'IPv6':
      return { what: 'address' }
    case 'Date':
    case 'Date32':
      return { what: 'time', isDay: true }
    case 'DateTime':
    case 'DateTime64':
      return { what: 'time', isDay: false }
    case 'JSON':
      return { what: 'json' }
    case 'Variant':
    case 'Dynamic':
      return { what: 'values of several types' }
    case 'Map':
      return { what: isMapOfTexts(args) ? 'texts by text' : 'other' }
    case 'Array':
      return { what: 'list', of: heldBy(first) }
    case 'Tuple':
      return { what: 'tuple', parts: args.map((arg) => /^(\w+)\s/.exec(arg)?.[1] ?? '') }
    default:
      return { what: numberOf(name) }
  }
}

function numberOf(name: string): 'integer' | 'float' | 'other' {
  if (/^U?Int\d+$/.test(name)) return 'integer'
  return /^(B?Float\d+|Decimal\d*)$/.test(name) ? 'float' : 'other'
}

function isMapOfTexts(args: readonly string[]): boolean {
  const held = args.map((arg) => heldBy(arg).what)
  return held.length === 2 && held.every((what) => what === 'text')
}

/** Whether the values of one column can be written to a column of another type without becoming something else. */
export function isAlike(one: Held, other: Held): boolean {
  if (one.what === 'list' && other.what === 'list') return isAlike(one.of, other.of)
  if (isNumber(one) && isNumber(other)) return true
  return one.what === other.what
}

export function isNumber({ what }: Held): boolean {
  return what === 'integer' || what === 'float'
}
