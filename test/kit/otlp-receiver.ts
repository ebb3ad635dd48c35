import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'

export interface OtlpReceiver {
  readonly url: string
  /** The ids of all received spans; one that came twice is there twice. */
  readonly spanIds: string[]
  /** Path and content type of each request. */
  readonly requests: string[]
  /** The number of spans in each request. */
  readonly batches: number[]
}

/** What a receiver does before it answers. */
type Before = () => Promise<void> | void

/** Takes spans by OTLP/HTTP, as protobuf and as JSON. Closed when the test ends. */
export async function otlpReceiver(before: Before = () => {}): Promise<OtlpReceiver> {
  const received = newReceived()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
    await before()
    const type = String(request.headers['content-type'])
    received.take(`${request.url} ${type}`, type.includes('json') ? idsInJson(body) : idsIn(body))
    response.writeHead(200, { 'content-type': type }).end(type.includes('json') ? '{}' : '')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, ...received }
}

/** Takes spans by OTLP/gRPC, uncompressed. Closed when the test ends. */
export async function grpcReceiver(): Promise<OtlpReceiver> {
  const received = newReceived()
  const server = createHttp2Server()
  const sessions = new Set<{ destroy(): void }>()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', async (stream, headers) => {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const message = Buffer.concat(chunks).subarray(5) // a flag and a length come first
    received.take(`${headers[':path']} ${headers['content-type']}`, idsIn(message))
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc' },
      { waitForTrailers: true },
    )
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.alloc(5))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, ...received }
}

function newReceived() {
  const spanIds: string[] = []
  const requests: string[] = []
  const batches: number[] = []
  const take = (request: string, ids: string[]) => {
    requests.push(request)
    batches.push(ids.length)
    spanIds.push(...ids)
  }
  return { spanIds, requests, batches, take }
}

/** ExportTraceServiceRequest { 1: ResourceSpans { 2: ScopeSpans { 2: Span { 2: span_id } } } } */
function idsIn(request: Buffer): string[] {
  const path = [1, 2, 2, 2]
  const found = path.reduce(
    (messages, number) => messages.flatMap((one) => fieldsOf(one, number)),
    [request],
  )
  return found.map((id) => id.toString('hex'))
}

/** The fields of this number whose value has a length. */
function fieldsOf(message: Buffer, number: number): Buffer[] {
  const found: Buffer[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let weight = 1; ; weight *= 128) {
      const byte = message[at++] ?? 0
      value += (byte & 127) * weight
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const wire = tag & 7
    if (wire === 0) varint()
    else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else {
      const length = varint()
      if (tag >>> 3 === number) found.push(message.subarray(at, at + length))
      at += length
    }
  }
  return found
}

interface OtlpJson {
  resourceSpans: { scopeSpans: { spans: { spanId: string }[] }[] }[]
}

function idsInJson(body: Buffer): string[] {
  const { resourceSpans } = JSON.parse(body.toString()) as OtlpJson
  return resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(({ spanId }) => spanId)),
  )
}
