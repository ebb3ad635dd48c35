// A server that takes whatever is posted to it and keeps nothing. Prints its URL.
// A GET is answered with what came since the last GET. With --rows it also counts the spans, log records or data points in every
// body (JSONEachRow, or OTLP in either form), which is too slow for a measurement.
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
    if (countRows) counts.rows += rowsOf(Buffer.concat(chunks), request.headers, request.url)
    response.end()
  })
})
server.keepAliveTimeout = 30_000
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`))
process.stdin.resume().on('end', () => process.exit()) // ends with its parent

function rowsOf(body, { 'content-encoding': encoding, 'content-type': type = '' }, url) {
  const bytes = encoding === 'br' ? brotliDecompressSync(body) : encoding ? gunzipSync(body) : body
  const isMetrics = url.endsWith('/metrics')
  if (type.includes('protobuf')) return protobufRecords(bytes, isMetrics)
  const text = bytes.toString()
  if (text.startsWith('{"resource')) return jsonRecords(JSON.parse(text))
  // After an INSERT statement, or without one.
  return text.split('\n').filter((line) => line.startsWith('{')).length
}

const LISTS = [
  'resourceSpans',
  'resourceLogs',
  'resourceMetrics',
  'scopeSpans',
  'scopeLogs',
  'scopeMetrics',
  'spans',
  'logRecords',
  'metrics',
  'gauge',
  'sum',
  'histogram',
  'dataPoints',
]

/** The number of objects that hold none of the lists above: they are the records. */
function jsonRecords(object) {
  const inside = LISTS.filter((name) => object[name] !== undefined).flatMap((name) => object[name])
  return inside.length === 0 ? 1 : inside.reduce((sum, one) => sum + jsonRecords(one), 0)
}

// The fields of OTLP's messages: resource_spans = 1, scope_spans = 2, spans = 2, and the same for logs and metrics. In a metric,
// gauge = 5, sum = 7, histogram = 9; in each of them data_points = 1.
function protobufRecords(bytes, isMetrics) {
  const path = isMetrics ? [[1], [2], [2], [5, 7, 9], [1]] : [[1], [2], [2]]
  return path.reduce(
    (messages, fields) => messages.flatMap((message) => fieldsOf(message, fields)),
    [bytes],
  ).length
}

/** The values of some fields. Of these messages only those of metrics have fields that are not of wire type 2 (a length, then the value). */
function fieldsOf(message, wanted) {
  const found = []
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = varint(message, at)
    const [value, start] = varint(message, afterTag)
    const isMessage = (tag & 7) === 2
    at = isMessage ? start + value : start
    if (isMessage && wanted.includes(tag >>> 3)) found.push(message.subarray(start, at))
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
