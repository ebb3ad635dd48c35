import { textField } from './field.js'

/** Lengths of ids in bytes. */
export const TRACE_ID = 16
export const SPAN_ID = 8

/**
 * An id in hex, as in OTLP/JSON. Base64 of the right number of bytes, as in protobuf's own JSON mapping, becomes hex; it is shorter
 * than the hex form, so no valid id can be read as both. Anything else is kept unchanged, and counted when it is written.
 */
export function idField(json: unknown, key: string, size: number): string {
  const text = textField(json, key)
  if (text.length === 2 * size) return text
  const bytes = Buffer.from(text, 'base64') // Buffer.from() skips characters that are not base64, so encode it again and compare
  return bytes.length === size && isBase64Of(bytes, text) ? bytes.toString('hex') : text
}

/** With or without padding, standard or URL-safe. */
function isBase64Of(bytes: Buffer, text: string): boolean {
  const padded = bytes.toString('base64')
  const standard = text.replace(/-/g, '+').replace(/_/g, '/')
  return standard === padded || standard === padded.replace(/=+$/, '')
}
