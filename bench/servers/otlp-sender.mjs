// A client that sends spans as OTLP/HTTP in protobuf. Says `ready` when its requests are made, sends them when it is told to, and says `done`
// when all are acknowledged. Its argument, as JSON: { port, requests, perRequest, gzip }.
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { openFeed } from '../records/feed.mjs'

const AT_ONCE = 4
const DIFFERENT = 16_384
/** An unknown field with a number in it, so that no request is taken for one that was sent before. */
const UNKNOWN_FIELD = [0xfd, 0x7f]

const { port, requests, perRequest, gzip } = JSON.parse(process.argv[2])

const templates = await recorded()
const bodies = Array.from({ length: requests }, (_, n) => bodyOf(n))
process.stdin.once('data', async () => {
  const agent = new Agent({ keepAlive: true })
  const left = bodies.values()
  const sendInTurn = async () => {
    for (const body of left) await send(agent, body)
  }
  const failure = await Promise.all(Array.from({ length: AT_ONCE }, sendInTurn)).then(
    () => undefined,
    (error) => error.message,
  )
  console.log(failure ?? 'done')
})
process.stdin.on('end', () => process.exit()) // ends with its parent
console.log('ready')

/** What the official exporter sends for these spans. */
async function recorded() {
  const bodies = []
  const recorder = createServer(async (incoming, response) => {
    bodies.push(await buffer(incoming))
    response.end()
  })
  await once(recorder.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${recorder.address().port}/v1/traces`
  const exporter = new OTLPTraceExporter({ url })
  const next = openFeed('reference', DIFFERENT)
  for (let sent = 0; sent < DIFFERENT; sent += perRequest) {
    const spans = Array.from({ length: perRequest }, next)
    await new Promise((resolve) => exporter.export(spans, resolve))
  }
  await exporter.shutdown()
  recorder.close()
  return bodies
}

/** Whole, or the template and its end: copies of all would take hundreds of MiB. */
function bodyOf(n) {
  const template = templates[n % templates.length]
  const end = Buffer.alloc(UNKNOWN_FIELD.length + 4, Buffer.from(UNKNOWN_FIELD))
  end.writeUInt32LE((process.pid << 16) ^ n, UNKNOWN_FIELD.length)
  return gzip ? [gzipSync(Buffer.concat([template, end]))] : [template, end]
}

async function send(agent, parts) {
  const post = request({
    ...{ host: '127.0.0.1', port, agent, method: 'POST', path: '/v1/traces' },
    headers: {
      'content-type': 'application/x-protobuf',
      'content-length': parts.reduce((sum, part) => sum + part.length, 0),
      ...(gzip && { 'content-encoding': 'gzip' }),
    },
  })
  for (const part of parts) post.write(part)
  post.end()
  const [response] = await once(post, 'response')
  await once(response.resume(), 'end')
  if (response.statusCode !== 200) throw new Error(`The receiver answered ${response.statusCode}`)
}
