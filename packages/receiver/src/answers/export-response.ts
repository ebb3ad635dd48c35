import { bytesField, intField } from './protobuf.js'

/** What became of a request that was taken. */
export interface Taken {
  /** Records that never became rows, or that every destination has refused for good. */
  readonly rejected: number
  /** Why; empty if none were rejected. */
  readonly message: string
}

export const ALL_TAKEN: Taken = { rejected: 0, message: '' }

/** An Export…ServiceResponse as protobuf; empty if nothing was rejected. The fields of all signals have the same numbers. */
export function responseAsProtobuf({ rejected, message }: Taken): Buffer {
  if (rejected === 0 && message === '') return Buffer.alloc(0)
  const partial = Buffer.concat([intField(1, rejected), bytesField(2, message)])
  return bytesField(1, partial)
}

/** `rejectedField`: the name of the count, which differs by signal. OTLP/JSON writes 64-bit numbers as strings. */
export function responseAsJson({ rejected, message }: Taken, rejectedField: string): Buffer {
  if (rejected === 0 && message === '') return Buffer.from('{}')
  const partialSuccess = { [rejectedField]: String(rejected), errorMessage: message }
  return Buffer.from(JSON.stringify({ partialSuccess }))
}
