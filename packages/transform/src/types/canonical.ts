import { enumNumbers } from './enumeration.js'
import { parseType, unquoted } from './type-text.js'

const DECIMALS = new Map([
  ['Decimal32', '9'],
  ['Decimal64', '18'],
  ['Decimal128', '38'],
  ['Decimal256', '76'],
])

/** A type as ClickHouse would show it, near enough to compare two texts of one type: without optional spaces and quotes, names and numbers in order. A text that is not a type stays as it is. */
export function canonicalType(type: string): string {
  try {
    return shownAs(type)
  } catch {
    return type.replaceAll(/\s/g, '')
  }
}

function shownAs(type: string): string {
  const { name, args } = parseType(type)
  const precision = DECIMALS.get(name)
  if (precision !== undefined) return `Decimal(${precision}, ${args[0] ?? ''})`
  if (name === 'Decimal') return `Decimal(${args[0] ?? '10'}, ${args[1] ?? '0'})`
  // A Nested column that is not flattened has this type.
  if (name === 'Nested') return `Array(${shownAs(`Tuple(${args.join(', ')})`)})`
  if (name === 'DateTime64' && args.length === 0) return 'DateTime64(3)'
  if (name === 'Enum8' || name === 'Enum16') return `${name}(${enumValues(args)})`
  const shown = args.map(argument)
  if (name === 'Variant' || name === 'JSON') shown.sort()
  return args.length === 0 ? name : `${name}(${shown.join(', ')})`
}

function enumValues(args: readonly string[]): string {
  return [...enumNumbers(args, 16)]
    .sort(([, a], [, b]) => a - b)
    .map(([name, number]) => `${JSON.stringify(name)} = ${number}`)
    .join(', ')
}

/** A type, a type with a name, a text, or a number. */
function argument(arg: string): string {
  if (/^\d+$/.test(arg)) return arg
  const text = unquoted(arg)
  if (text !== undefined) return JSON.stringify(text)
  const [, name, type] = /^((?:`(?:[^`\\]|\\.)+`|[\w.])+)\s+([A-Za-z].*)$/s.exec(arg) ?? []
  if (name !== undefined && type !== undefined && name.toUpperCase() !== 'SKIP')
    return `${name.replaceAll('`', '')} ${shownAs(type)}`
  return /^[A-Za-z]\w*\s*(\(|$)/.test(arg) ? shownAs(arg) : arg.replaceAll(/\s/g, '')
}
