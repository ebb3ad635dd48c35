import { WireError } from '@spanhouse/transform'
import type { Records, Signal } from '#exporter'
import { Refusal } from '../answers/refusal.js'
import { jsonSlices } from './json-slices.js'
import type { Kind } from './kind.js'

export type Format = 'protobuf' | 'json'

/**
 * Reads a body as the records of a signal, slice by slice, so that others can run after each. Empty slices come while the body is checked: it
 * throws a Refusal before the first record, or not at all.
 */
export function* decode<On extends Signal>(
  kind: Kind<On>,
  body: Buffer,
  format: Format,
): Generator<Records[On][]> {
  try {
    yield* format === 'json' ? jsonSlices(kind, body) : kind.inProtobuf(body)
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    const refusal = error.reason === 'too_many' ? 'too_large' : 'malformed'
    throw new Refusal(refusal, error.message)
  }
}
