export type WireErrorReason = 'malformed' | 'too_many'

/** Bytes that are not a request of OTLP/protobuf, or one with more records than allowed. Its message quotes nothing from the bytes. */
export class WireError extends Error {
  override readonly name = 'WireError'
  /** `malformed`: no decoder can read the bytes. `too_many`: well-formed as far as it was read, but with more items than `maxItems`. */
  readonly reason: WireErrorReason
  /** The byte at which reading stopped, counted from 0. */
  readonly offset: number

  constructor(what: string, offset: number, reason: WireErrorReason = 'malformed') {
    super(`The OTLP/protobuf request cannot be read: ${what}, at byte ${offset}.`)
    this.reason = reason
    this.offset = offset
  }
}
