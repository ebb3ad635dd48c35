import { bytesOfBase64 } from '../values/base64.js'
import { field, listField } from './field.js'

/** The result for each JSON object read so far. An object that is shared in memory is read once: sharing must not multiply the work. */
export type Seen = Map<unknown, unknown>

const MAX_DEPTH = 64

/** A KeyValue list as an object without a prototype, so that `__proto__` is a key like any other. Of duplicate keys the last wins. */
export function readKeyValues(
  json: unknown,
  key: string,
  seen: Seen,
  depth = 0,
): Record<string, unknown> {
  return fill(Object.create(null), json, key, seen, depth)
}

export function readAnyValue(json: unknown, seen: Seen, depth = 0): unknown {
  if (depth > MAX_DEPTH) return '…'
  if (seen.has(json)) return seen.get(json)
  if (field(json, 'arrayValue') !== undefined) {
    const list: unknown[] = []
    seen.set(json, list) // before its elements are read: one of them may be the list itself
    for (const item of listField(field(json, 'arrayValue'), 'values'))
      list.push(readAnyValue(item, seen, depth + 1))
    return list
  }
  if (field(json, 'kvlistValue') !== undefined) {
    const map: Record<string, unknown> = Object.create(null)
    seen.set(json, map)
    return fill(map, field(json, 'kvlistValue'), 'values', seen, depth + 1)
  }
  return readScalar(json)
}

function fill(
  into: Record<string, unknown>,
  json: unknown,
  key: string,
  seen: Seen,
  depth: number,
) {
  for (const item of listField(json, key)) {
    const name = field(item, 'key')
    if (typeof name === 'string') into[name] = readAnyValue(field(item, 'value'), seen, depth)
  }
  return into
}

// A scalar of the wrong type is kept unchanged rather than lost. A value without a scalar is the null of OTLP.
function readScalar(json: unknown): unknown {
  const int = field(json, 'intValue')
  if (int !== undefined) return readInt(int)
  const double = field(json, 'doubleValue')
  if (double !== undefined) return typeof double === 'string' ? readDouble(double) : double
  const bytes = field(json, 'bytesValue')
  if (bytes !== undefined)
    return typeof bytes === 'string' ? (bytesOfBase64(bytes) ?? bytes) : bytes
  return field(json, 'stringValue') ?? field(json, 'boolValue') ?? null
}

// An integer beyond 2^53 becomes a bigint, so that its text has all digits. An integer has no −0.
export function readInt(int: unknown): unknown {
  if (typeof int === 'string' ? !/^-?\d{1,20}$/.test(int) : !isInt64(int)) return int
  const number = Number(int)
  return Number.isSafeInteger(number) ? number + 0 : BigInt(int as string | number)
}

function isInt64(int: unknown): boolean {
  return Number.isInteger(int) && Math.abs(int as number) < 2 ** 63
}

export function readDouble(text: string): unknown {
  const number = Number(text)
  return text.trim() === '' || (Number.isNaN(number) && text !== 'NaN') ? text : number
}
