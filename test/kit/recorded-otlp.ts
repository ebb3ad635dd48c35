import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync, inflateSync } from 'node:zlib'
import type { LogTruth, PointTruth, SpanTruth } from './otlp-truth.js'

const FOLDER = new URL('fixtures/otlp/', import.meta.url)
const GRPC_PREFIX = 5 // one byte says whether the message is compressed, four are its length

export type RecordedSignal = 'traces' | 'metrics' | 'logs'

/** What the SDK of one language sent (fixtures/otlp/README.md). */
export interface Recording {
  readonly language: string
  readonly sdk: Readonly<Record<string, string>>
  readonly requests: readonly RecordedRequest[]
  /** Absent: the SDK does not send this signal. */
  readonly truth: {
    readonly spans?: readonly SpanTruth[]
    readonly points?: readonly PointTruth[]
    readonly logs?: readonly LogTruth[]
    /** Where the SDK chooses a time and does not tell it, the truth lacks it: it is between these two, in ns. */
    readonly between?: readonly [string, string]
  }
}

export interface RecordedRequest {
  readonly signal: RecordedSignal
  /** Such as `http/protobuf gzip` or `grpc`. The requests of one signal in one form carry all its truth. */
  readonly form: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** As it was sent. */
  readonly body: Buffer
}

export function recordings(): Recording[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => {
      const folder = new URL(`${name}/`, FOLDER)
      const { requests, ...rest } = JSON.parse(
        readFileSync(new URL('recording.json', folder), 'utf8'),
      )
      const withBody = ({ file, ...request }: RecordedRequest & { file: string }) => ({
        ...request,
        body: readFileSync(new URL(file, folder)),
      })
      return { language: name, ...rest, requests: requests.map(withBody) }
    })
}

/** The export request itself, as protobuf or JSON: without compression and gRPC's prefix. */
export function messageOf({ headers, body }: RecordedRequest): Buffer {
  if (!headers['content-type']?.startsWith('application/grpc'))
    return inflated(headers['content-encoding'], body)
  if (body.readUInt32BE(1) !== body.length - GRPC_PREFIX)
    throw new Error('a recorded gRPC request must be one message')
  const isCompressed = body[0] === 1
  return inflated(isCompressed ? headers['grpc-encoding'] : undefined, body.subarray(GRPC_PREFIX))
}

function inflated(encoding: string | undefined, body: Buffer): Buffer {
  if (encoding === 'gzip') return gunzipSync(body)
  if (encoding === 'deflate') return inflateSync(body)
  return body
}
