import type { Lease } from './lease.js'
import type { RecordName } from './record.js'

/** A batch on disk that one destination does not have yet. */
export interface Stored extends RecordName {
  readonly destination: string
  readonly lease: Lease
  readonly name: string
}
