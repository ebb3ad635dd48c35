import { base64 } from './base64.js'

/** The value to write for an object: text for bytes and dates, the result of its toJSON if it has one, otherwise the object itself. May throw. */
export function plainValue(object: object): unknown {
  if (isBytes(object)) return base64(object)
  if (object instanceof ArrayBuffer) return base64(new Uint8Array(object))
  if (object instanceof Date) return object.toISOString()
  if ('toJSON' in object && typeof object.toJSON === 'function') return object.toJSON()
  return object
}

export function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
}

// Not `instanceof`: in test runners a Buffer may belong to another realm.
function isBytes(object: object): object is Uint8Array {
  return (
    ArrayBuffer.isView(object) && Object.prototype.toString.call(object) === '[object Uint8Array]'
  )
}
