// A server that takes whatever is posted to it and keeps nothing. Prints its URL.
// A GET is answered with what came since the last GET. With --rows it also counts the spans in every body (JSONEachRow, or OTLP in
// either form), which is too slow for a measurement.
import { createServer } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

const countRows = process.argv.includes('--rows')
const nothing = { requests: 0, bytes: 0, rows: 0 }
let counts = { ...nothing }

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify(counts))
    counts = { ...nothing }
    return
  }
  const chunks = []
  request.on('data', (chunk) => {
    counts.bytes += chunk.length
    if (countRows) chunks.push(chunk)
  })
  request.on('end', () => {
    counts.requests++
    if (countRows) counts.rows += rowsOf(Buffer.concat(chunks), request.headers)
    response.end()
  })
})
server.keepAliveTimeout = 30_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit()) // ends with its parent

function rowsOf(body, { 'content-encoding': encoding, 'content-type': type = '' }) {
  const bytes = encoding === 'br' ? brotliDecompressSync(body) : encoding ? gunzipSync(body) : body
  if (type.includes('protobuf')) return protobufSpans(bytes)
  const text = bytes.toString()
  if (text.startsWith('{"resourceSpans"')) return jsonSpans(JSON.parse(text))
  // After an INSERT statement, or without one.
  return text.split('\n').filter((line) => line.startsWith('{')).length
}

function jsonSpans({ resourceSpans }) {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)).length
}

// ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2
function protobufSpans(bytes) {
  return [1, 2, 2].reduce(
    (messages, field) => messages.flatMap((message) => fieldsOf(message, field)),
    [bytes],
  ).length
}

/** The values of one field. In these three messages every field has a length before its value (wire type 2). */
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
