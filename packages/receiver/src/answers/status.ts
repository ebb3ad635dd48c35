import { bytesField, intField } from './protobuf.js'
import type { Refusal } from './refusal.js'

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'

/** A `google.rpc.Status` as protobuf, with a `RetryInfo` if the request may be repeated. */
export function statusAsProtobuf({ grpcStatus, message, retryAfterSeconds }: Refusal): Buffer {
  const status = [intField(1, grpcStatus), bytesField(2, message)]
  if (retryAfterSeconds !== undefined) {
    const delay = bytesField(1, intField(1, retryAfterSeconds))
    status.push(bytesField(3, Buffer.concat([bytesField(1, RETRY_INFO), bytesField(2, delay)])))
  }
  return Buffer.concat(status)
}

export function statusAsJson({ grpcStatus, message }: Refusal): Buffer {
  return Buffer.from(JSON.stringify({ code: grpcStatus, message }))
}
