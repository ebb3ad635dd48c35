import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import { onTestFinished } from 'vitest'
import { MemoryClickHouse, type MemoryOptions } from '../../../test/kit/clickhouse-backend.js'
import type { MemoryTable } from '../../../test/kit/memory-table.js'
import { answer, ScriptedClickHouse } from '../../../test/kit/scripted-clickhouse.js'
import type { ReceiverOptions } from '../src/options.js'
import { openReceiver, type Receiver } from '../src/receiver.js'

export interface Opened {
  readonly receiver: Receiver
  readonly server: ScriptedClickHouse
  readonly http: string
  readonly grpc: string
  readonly tables: Readonly<Record<'traces' | 'logs' | 'metrics', MemoryTable>>
}

/** A receiver in front of a ClickHouse in memory. Both are closed when the test ends. */
export async function opened(
  options: ReceiverOptions = {},
  memory: MemoryOptions = {},
): Promise<Opened> {
  const backend = new MemoryClickHouse(memory)
  const server = await new ScriptedClickHouse(backend).listen()
  onTestFinished(() => server.close())
  const receiver = await openReceiver(
    {
      httpPort: 0,
      grpcPort: 0,
      ...options,
      limits: { closeTimeoutMs: 500, ...options.limits },
      exporter: {
        endpoint: server.url,
        retry: { initialDelayMs: 5, maxDelayMs: 20 },
        ...options.exporter,
      },
    },
    {},
  )
  onTestFinished(() => receiver.close())
  const scheme = options.tls ? 'https' : 'http'
  return {
    receiver,
    server,
    http: `${scheme}://127.0.0.1:${receiver.httpPort}`,
    grpc: `${scheme}://127.0.0.1:${receiver.grpcPort}`,
    tables: {
      traces: backend.table('telemetry.traces'),
      logs: backend.table('telemetry.logs'),
      metrics: backend.table('telemetry.metrics'),
    },
  }
}

/** INSERTs wait until `release()` is called. */
export function held(server: ScriptedClickHouse): { release(): void } {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  server.behaviour = async (exchange) => {
    if (exchange.isInsert) await released
    await answer(exchange)
  }
  return { release }
}

/** So many spans, numbered from `from`, as an export request in JSON. */
export function spansAsJson(count: number, from = 0, attributes: readonly unknown[] = []): string {
  const spans = Array.from({ length: count }, (_, n) => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: (from + n + 1).toString(16).padStart(16, '0'),
    name: `span ${from + n}`,
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000001000000',
    attributes,
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
}

export interface Answer {
  readonly status: number
  readonly type: string | null
  readonly retryAfter: string | null
  readonly body: Buffer
}

export async function post(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body as never,
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    body: Buffer.from(await response.arrayBuffer()),
  }
}

export const TRACES_METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'

export interface GrpcAnswer {
  readonly httpStatus: number
  readonly status: string | undefined
  readonly message: string
  readonly headers: OutgoingHttpHeaders
  readonly body: Buffer
}

export interface GrpcClient {
  readonly session: ClientHttp2Session
  /** Sends these frames, one DATA frame each, and resolves with the answer. */
  call(frames: readonly Buffer[], headers?: OutgoingHttpHeaders): Promise<GrpcAnswer>
}

export function grpcClient(url: string, options: object = {}): GrpcClient {
  const session = connect(url, options)
  session.on('error', () => {})
  onTestFinished(() => session.destroy())
  return {
    session,
    call: (frames, headers = {}) =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': TRACES_METHOD,
          'content-type': 'application/grpc',
          te: 'trailers',
          ...headers,
        })
        let got: OutgoingHttpHeaders = {}
        const parts: Buffer[] = []
        stream.on('response', (headers) => Object.assign(got, headers))
        stream.on('trailers', (trailers) => {
          got = { ...got, ...trailers }
        })
        stream.on('data', (chunk: Buffer) => parts.push(chunk))
        stream.on('error', reject)
        stream.on('close', () => {
          const status = got['grpc-status'] as string | undefined
          resolve({
            httpStatus: Number(got[':status']),
            status,
            message: String(got['grpc-message'] ?? ''),
            headers: got,
            body: Buffer.concat(parts),
          })
        })
        void (async () => {
          for (const frame of frames)
            await new Promise((resolve) => stream.write(frame, () => setImmediate(resolve)))
          stream.end()
        })()
      }),
  }
}

/** A message as gRPC frames it. */
export function framed(message: Buffer, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = isCompressed ? 1 : 0
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}
