// How many spans a request's body holds: rows of JSONEachRow (after an INSERT, or without), or OTLP in either form.
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

const decoders = { gzip: gunzipSync, br: brotliDecompressSync }

export function rowsOf(body, { 'content-encoding': encoding, 'content-type': type = '' }) {
  const bytes = encoding ? decoders[encoding](body) : body
  if (type.includes('protobuf')) return protobufSpans(bytes)
  const text = bytes.toString()
  if (text.startsWith('{"resourceSpans"')) return jsonSpans(JSON.parse(text))
  return text.split('\n').filter((line) => line.startsWith('{')).length
}

function jsonSpans({ resourceSpans }) {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length
}

// ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2
function protobufSpans(bytes) {
  return within([bytes], 1, 2, 2).length
}

function within(messages, field, ...deeper) {
  const found = messages.flatMap((message) => fieldsOf(message, field))
  return deeper.length === 0 ? found : within(found, ...deeper)
}

/** The values of a field of messages; every field of these three messages is of that kind (wire type 2). */
function fieldsOf(message, wanted) {
  const found = []
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = varint(message, at)
    const [length, start] = varint(message, afterTag)
    at = start + length
    if (tag >>> 3 === wanted) found.push(message.subarray(start, at))
  }
  return found
}

function varint(bytes, at) {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return [value, at]
  }
}
