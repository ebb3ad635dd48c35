// A server that takes whatever is posted to it and keeps nothing. Prints its URL.
// GET /counts answers with what came since it was last asked. With --rows it also looks into every body and
// counts its rows, which is too dear for a measurement.
import { createServer } from 'node:http'
import { rowsOf } from './rows-of.mjs'

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
