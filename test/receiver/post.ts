import { type Agent, type ClientRequest, request } from 'node:http'
import { connect, type OutgoingHttpHeaders } from 'node:http2'

export interface Answer {
  /** Of HTTP, or of gRPC. */
  readonly status: number
  readonly body: Buffer
  readonly headers: Readonly<Record<string, unknown>>
}

const ignored = () => {}

interface To {
  readonly port: number
  readonly path: string
  readonly agent: Agent
}

/** Posts to 127.0.0.1. Rejects if the connection ends before the answer has come. */
export async function post(
  to: To,
  body: Buffer | string,
  headers: Readonly<Record<string, string>>,
  method = 'POST',
): Promise<Answer> {
  for (;;) {
    const sent = request({ host: '127.0.0.1', ...to, method, headers })
    try {
      return await answerTo(sent, body)
    } catch (error) {
      // The server may close a connection that has been idle for a minute just as it is used again. That says nothing about the request.
      const isStale = sent.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (!isStale) throw error
    }
  }
}

function answerTo(sent: ClientRequest, body: Buffer | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(parts),
          headers: response.headers,
        }),
      )
    })
    sent.on('error', reject)
    // Between two requests Node leaves a socket without an error listener, and an error there would end the process.
    sent.once('socket', (socket) => {
      if (!socket.listeners('error').includes(ignored)) socket.on('error', ignored)
    })
    sent.end(body)
  })
}

export const METHODS = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const

/** A message as gRPC frames it. */
export function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

export interface Calls {
  /** Sends these bytes and ends. Rejects if the connection ends before the answer has come. Status -1: the answer ended without one. */
  call(bytes: Buffer, headers: OutgoingHttpHeaders): Promise<Answer>
  /** The stream is cancelled after its bytes were written. */
  cancelled(bytes: Buffer, headers: OutgoingHttpHeaders): Promise<void>
  close(): void
}

/** Calls on one connection, which is opened again when it has ended. */
export function openCalls(port: number): Calls {
  const open = () => connect(`http://127.0.0.1:${port}`).on('error', () => {})
  let session = open()
  const streamOf = (headers: OutgoingHttpHeaders) => {
    if (session.closed || session.destroyed) session = open()
    return session.request({
      ':method': 'POST',
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
  }
  return {
    call: (bytes, headers) =>
      new Promise((resolve, reject) => {
        const stream = streamOf(headers)
        let all: OutgoingHttpHeaders = {}
        const parts: Buffer[] = []
        stream.on('response', (some) => Object.assign(all, some))
        stream.on('trailers', (some) => {
          all = { ...all, ...some }
        })
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('error', reject)
        stream.on('close', () => {
          if (all[':status'] === undefined) reject(new Error('no answer'))
          const status = Number(all['grpc-status'] ?? -1)
          resolve({ status, body: Buffer.concat(parts), headers: all })
        })
        stream.end(bytes)
      }),
    cancelled: (bytes, headers) =>
      new Promise((resolve) => {
        const stream = streamOf(headers)
        stream.on('error', () => {})
        stream.on('close', resolve)
        stream.write(bytes, () => stream.close(8))
      }),
    close: () => session.destroy(),
  }
}
