import { textField } from './otlp-field.js'

/** How many bytes an id has. */
export const TRACE_ID = 16
export const SPAN_ID = 8

/**
 * An id in hex, as OTLP/JSON has it. Base64 of as many bytes, as in protobuf's own JSON mapping, becomes hex; it is shorter than
 * the hex of those bytes, so no valid id can be both. Anything else stays as it is, and is counted when it is written.
 */
export function idField(json: unknown, key: string, size: number): string {
  const text = textField(json, key)
  if (text.length === 2 * size) return text
  const bytes = Buffer.from(text, 'base64') // skips what is not base64, so the way back decides
  return bytes.length === size && isBase64Of(bytes, text) ? bytes.toString('hex') : text
}

/** With or without padding, standard or URL-safe. */
function isBase64Of(bytes: Buffer, text: string): boolean {
  const padded = bytes.toString('base64')
  const standard = text.replace(/-/g, '+').replace(/_/g, '/')
  return standard === padded || standard === padded.replace(/=+$/, '')
}
