import type { IncomingMessage, ServerResponse } from 'node:http'
import { startDeadline } from '#exporter'
import { responseAsJson, responseAsProtobuf, type Taken } from '../answers/export-response.js'
import type { Refusal } from '../answers/refusal.js'
import { statusAsJson, statusAsProtobuf } from '../answers/status.js'
import type { Format } from '../intake/decode.js'

/** For how long the rest of a body is read after the answer, so that the client can read the answer before the connection ends. */
const DISCARD_MS = 2000

const TYPES = { protobuf: 'application/x-protobuf', json: 'application/json' } as const

/** The format that a content type names; undefined if it is neither. */
export function formatOf(contentType: string | undefined): Format | undefined {
  const [type = ''] = (contentType ?? '').split(';')
  const name = type.trim().toLowerCase()
  if (name === 'application/x-protobuf' || name === 'application/protobuf') return 'protobuf'
  return name === 'application/json' ? 'json' : undefined
}

/** The answer has the content type of the request. */
export function answer(
  response: ServerResponse,
  taken: Taken,
  format: Format,
  rejectedField: string,
): void {
  const body = format === 'json' ? responseAsJson(taken, rejectedField) : responseAsProtobuf(taken)
  response.writeHead(200, { 'content-type': TYPES[format], 'content-length': body.length })
  response.end(body)
}

export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  format: Format = 'json',
): void {
  if (response.headersSent || response.destroyed) return
  const body = format === 'json' ? statusAsJson(refusal) : statusAsProtobuf(refusal)
  const { retryAfterSeconds } = refusal
  response.writeHead(refusal.httpStatus, {
    'content-type': TYPES[format],
    'content-length': body.length,
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
  if (!request.complete) discard(request)
}

/** Reads on for a while. Closing at once would reset the connection, and the client might lose the answer. */
function discard(request: IncomingMessage): void {
  // The body may have come meanwhile, and the next request on this connection, and not be read yet.
  const cancel = startDeadline(DISCARD_MS, () => request.destroy(), { ref: false })
  request.on('error', () => {})
  request.once('close', cancel)
  request.resume()
}

export function text(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
