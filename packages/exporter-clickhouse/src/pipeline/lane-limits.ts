import type { OpenBatches } from '../batching/open-batches.js'
import { canLead } from '../clickhouse/insert.js'
import type { DestinationConfig } from '../config/config.js'
import type { Destination } from '../delivery/destination.js'

type OpenLimits = ConstructorParameters<typeof OpenBatches>[0]

// Upper bound, in bytes, on the part of a statement that depends on the rows. A server takes statements of 262,144 bytes (max_query_size).
const MAX_STATEMENT = 150_000
// The same for a statement in a URL, percent-encoded. Proxies pass on URLs of 8 KiB.
const MAX_IN_URL = 5000

// Rows of no parcel are not awaited by anybody any more, but are still in memory only: they wait no longer than this.
const MAX_STRAY_MS = 5000

/** The limits of each batch of a lane. `repeatable`: the same records make the same batches again. */
export function limitsOf<Input>(
  { batch, compression }: DestinationConfig<Input>,
  destinations: readonly Destination[],
  repeatable: boolean,
): OpenLimits {
  // A batch must have room in every queue, also while the one before it is still there.
  const room = Math.min(...destinations.map((one) => one.config.queue.maxBytes / 2))
  const leads = canLead(compression.codec)
  const maxStatement = Math.min(leads ? MAX_STATEMENT : MAX_IN_URL, room / 4)
  const maxBytes = Math.min(batch.maxBytes, room - maxStatement)
  const lengthOf = leads ? Buffer.byteLength : lengthInUrl
  const limits = { ...batch, maxBytes, maxStatement, repeatable, lengthOf }
  return repeatable ? limits : { ...limits, takenBytes: takenBytes(destinations) }
}

/** The limits of batches with rows of no parcel, beside batches of parcels that can be made again. They have an age. */
export function strayLimitsOf(
  limits: OpenLimits,
  destinations: readonly Destination[],
): OpenLimits {
  const maxDelayMs = Math.min(limits.maxDelayMs, MAX_STRAY_MS)
  return { ...limits, maxDelayMs, repeatable: false, takenBytes: takenBytes(destinations) }
}

/** What all of them take, as far as their servers have said. */
function takenBytes(destinations: readonly Destination[]): () => number {
  return () => {
    let bytes = Number.POSITIVE_INFINITY
    for (const { maxBatchBytes } of destinations) bytes = Math.min(bytes, maxBatchBytes)
    return bytes
  }
}

function lengthInUrl(text: string): number {
  return new URLSearchParams([[text, '']]).toString().length
}
