import { columnType } from './column-type.js'

// cityHash64 takes these as they are, and gives the same hash on every version. Other types are hashed as text.
const AS_IT_IS = /^(String|FixedString|Bool|U?Int\d+|Float(32|64)|Date|Date32)$/

/**
 * An expression for a value of this plain type whose hash is that of the value alone: not of the order in a map, and not of the server's
 * time zone. Undefined for a type that has no such value.
 */
export function hashable(type: string, value: string, depth = 0): string | undefined {
  const { name, args } = columnType(type)
  const [first = '', second = ''] = args
  const inner = (of: string, at: string) => hashable(of, at, depth + 1)
  const v = `_v${depth}`
  const k = `_k${depth}`
  if (AS_IT_IS.test(name)) return value
  switch (name) {
    case 'DateTime':
      return `toUnixTimestamp(${value})`
    case 'DateTime64':
      return first === '9' ? `toUnixTimestamp64Nano(${value})` : `toString(${value}, 'UTC')`
    case 'Nullable': {
      const there = inner(first, `assumeNotNull(${value})`)
      return there && `if(isNull(${value}), 0, cityHash64(1, ${there}))`
    }
    case 'Array': {
      const element = inner(first, v)
      return element === v ? value : element && `arrayMap(${v} -> ${element}, ${value})`
    }
    case 'Map': {
      // A sum does not depend on the order, and needs no sorting.
      const key = inner(first, k)
      const one = inner(second, v)
      const hash = `cityHash64(${key}, ${one})`
      return (
        key && one && `arraySum((${k}, ${v}) -> ${hash}, mapKeys(${value}), mapValues(${value}))`
      )
    }
    case 'Tuple': {
      const elements = args.map((arg, i) => inner(arg, `tupleElement(${value}, ${i + 1})`))
      return elements.every((one) => one !== undefined) && elements.length > 0
        ? `cityHash64(${elements.join(', ')})`
        : undefined
    }
    case 'AggregateFunction':
    case '':
      return undefined
    case 'JSON':
    case 'Object':
      return `toJSONString(${value})`
    default:
      return `toString(${value})`
  }
}

/** For columns whose types differ: the value as text. A time is that of UTC. */
export function asText(type: string, value: string): string {
  const { name, args } = columnType(type)
  if (name === 'Nullable')
    return `ifNull(concat('=', ${asText(args[0] ?? '', `assumeNotNull(${value})`)}), '')`
  return /^DateTime/.test(name) ? `toString(${value}, 'UTC')` : `toString(${value})`
}
