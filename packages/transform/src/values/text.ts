import { numberText } from '../writing/digits.js'
import type { Encoding } from '../writing/encoding.js'
import { containerJson } from './nested-json.js'
import { plainValue } from './plain-value.js'

// For one array or map: an object graph that was set as an attribute by mistake must not cost too much.
const NESTED_ROOM = 1024 * 1024

/**
 * The text of an attribute value (AnyValue), by the rules OpenTelemetry gives for formats that are not OTLP.
 * Undefined for anything that is not a value, such as a function or a symbol. Throws what reading the value throws.
 */
export function textOf(value: unknown, encoding: Encoding): string | undefined {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return numberText(value)
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? '' : textOfObject(value, encoding)
    default:
      return undefined
  }
}

function textOfObject(object: object, encoding: Encoding): string | undefined {
  const plain = plainValue(object)
  if (typeof plain !== 'object' || plain === null) return textOf(plain, encoding)
  const rowRoom = encoding.room
  encoding.room = Math.min(rowRoom, NESTED_ROOM)
  try {
    return containerJson(plain, [], encoding)
  } finally {
    encoding.room = rowRoom // only the finished text counts, when it is written
  }
}
