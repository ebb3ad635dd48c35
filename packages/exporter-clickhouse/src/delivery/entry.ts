import type { Batch } from '../batching/batch.js'
import type { Insert } from '../clickhouse/insert.js'
import type { Stored } from '../spool/stored.js'
import type { Part } from './splitter.js'

/** Where a batch stood when `export()` had to answer for it. */
export type Receipt = 'delivered' | 'waiting' | 'dropped'

/** A batch on its way to one destination. */
export interface Entry {
  readonly rows: number
  /** Undefined while it is on disk only. */
  batch: Batch | undefined
  /** Decided when the batch is pressed. */
  insert: Insert | undefined
  stored: Stored | undefined
  /** What it counts for in the queue's bound. */
  heldBytes: number
  /** Room on disk that is kept for it while it is written, or may still be. */
  reservedBytes: number
  /**
   * `sealed`: not yet pressed, or not yet on disk. `resting`: only this batch failed, and it waits by itself.
   * `held`: a part that waits for the result of the other part. `aside`: recovered, and its whole kind is refused.
   */
  state: 'sealed' | 'ready' | 'in_flight' | 'resting' | 'held' | 'aside'
  /** An earlier process left it, or the batch that it is a part of, on disk. */
  readonly recovered: boolean
  /** Its kind (see `RefusedKinds`), once it has been aside. */
  kind: string | undefined
  /** Part of a batch that was divided. */
  readonly divided: boolean
  /** Its rows were compact until the server refused that form. */
  wasCompact: boolean
  /** Told once, when the server has taken it (true) or it has ended otherwise. */
  onVerdict: ((taken: boolean) => void) | undefined
  /** An attempt has begun: from now on every attempt must send the same bytes. */
  attempted: boolean
  /** An attempt may have been written: it must not be dropped to make room. */
  ambiguous: boolean
  /** Attempts that ended in a retry; those of them that met the deadline. */
  failures: number
  timeouts: number
  /** Consecutive failures in which the server said each time that it refuses these rows. */
  refusals: number
  /** How many batches the destination had delivered at its last failure. */
  deliveriesAtFailure: number
  readonly receipt: Promise<Receipt>
  readonly acknowledge: (receipt: Receipt) => void
}

export function newEntry(
  from: { batch: Batch } | { stored: Stored },
  {
    divided = false,
    recovered = 'stored' in from,
  }: { divided?: boolean; recovered?: boolean } = {},
): Entry {
  const batch = 'batch' in from ? from.batch : undefined
  const stored = 'stored' in from ? from.stored : undefined
  let acknowledge: Entry['acknowledge'] = () => {}
  const receipt = new Promise<Receipt>((resolve) => {
    acknowledge = resolve
  })
  if (stored || divided) acknowledge('waiting') // nobody's export() waits for these
  return {
    rows: batch?.rows ?? stored?.rows ?? 0,
    batch,
    insert: undefined,
    stored,
    heldBytes: batch?.heldBytes ?? 0,
    reservedBytes: 0,
    state: stored ? 'ready' : 'sealed',
    recovered,
    kind: undefined,
    divided,
    wasCompact: false,
    onVerdict: undefined,
    attempted: false,
    ambiguous: false,
    failures: 0,
    timeouts: 0,
    refusals: 0,
    deliveriesAtFailure: 0,
    receipt,
    acknowledge,
  }
}

/** What comes of a batch: it has been through what that has been through. */
export function heirOf(entry: Entry, { batch, insert }: Part, stored: Stored | undefined): Entry {
  const { ambiguous, failures, refusals, deliveriesAtFailure, recovered } = entry
  const heir = newEntry({ batch }, { divided: true, recovered })
  return Object.assign(heir, {
    insert,
    stored,
    ambiguous,
    failures,
    refusals,
    deliveriesAtFailure,
  })
}

/** Whoever finds it there sends it as it was written. */
export function mayBeOnDisk({ stored, reservedBytes }: Entry): boolean {
  return stored !== undefined || reservedBytes > 0
}
