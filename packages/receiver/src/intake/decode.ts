import { WireError } from '@spanhouse/transform'
import type { Records, Signal, Slice } from '#exporter'
import { Refusal } from '../answers/refusal.js'
import { jsonSlices } from './json-slices.js'
import type { Kind } from './kind.js'

export type Format = 'protobuf' | 'json'

/** The rows of a body are about so much longer, before they are compressed. */
const ROWS_TO_BODY = 2
/** Of the rows of one slice. */
const SLICE_BYTES = 1024 * 1024

/**
 * Reads a body as the records of a signal, slice by slice, so that others can run after each. Empty slices come while the body is checked: it
 * throws a Refusal before the first record, or not at all.
 */
export function* decode<On extends Signal>(
  kind: Kind<On>,
  body: Buffer,
  format: Format,
): Generator<Slice<Records[On]>> {
  const bytes = Math.min(body.length * ROWS_TO_BODY, SLICE_BYTES)
  try {
    const slices = format === 'json' ? jsonSlices(kind, body) : kind.inProtobuf(body)
    for (const records of slices) yield { records, bytes }
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const refusal = error.reason === 'too_many' ? 'too_large' : 'malformed'
    throw new Refusal(refusal, error.message)
  }
}
