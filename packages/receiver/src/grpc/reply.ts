import { constants, type ServerHttp2Stream } from 'node:http2'
import { responseAsProtobuf, type Taken } from '../answers/export-response.js'
import type { Refusal } from '../answers/refusal.js'
import { statusAsProtobuf } from '../answers/status.js'

const TYPE = 'application/grpc'

/** One message, and the status in the trailers. */
export function reply(stream: ServerHttp2Stream, taken: Taken): void {
  if (!canAnswer(stream)) return
  const message = responseAsProtobuf(taken)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  stream.respond(
    { ':status': 200, 'content-type': TYPE, 'grpc-accept-encoding': 'identity,gzip,deflate' },
    { waitForTrailers: true },
  )
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end(Buffer.concat([prefix, message]))
}

/** The status alone. What is left of the request is not read. */
export function refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
  if (!canAnswer(stream)) return
  stream.respond(
    {
      ':status': 200,
      'content-type': TYPE,
      'grpc-status': String(refusal.grpcStatus),
      'grpc-message': percentEncoded(refusal.message),
      'grpc-status-details-bin': statusAsProtobuf(refusal).toString('base64').replaceAll('=', ''),
      ...(refusal.kind === 'unknown_encoding' && {
        'grpc-accept-encoding': 'identity,gzip,deflate',
      }),
    },
    { endStream: true },
  )
  close(stream)
}

/** For a request that is not gRPC. */
export function refuseHttp(stream: ServerHttp2Stream, status: number): void {
  if (!canAnswer(stream)) return
  stream.respond({ ':status': status }, { endStream: true })
  close(stream)
}

/** As gRPC says: printable characters stay, but for the percent sign. */
function percentEncoded(text: string): string {
  return text.replace(/[^ -$&-~]/gu, (one) => encodeURIComponent(one))
}

function canAnswer(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.headersSent && !stream.aborted
}

function close(stream: ServerHttp2Stream): void {
  if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
}
