import type { Moment } from '../accounting/account.js'
import type { Course } from '../accounting/parcel.js'
import type { Batch } from '../batching/batch.js'
import { type Doubt, OF_EARLIER_PROCESS } from '../clickhouse/doubt.js'
import type { Insert } from '../clickhouse/insert.js'
import type { Stored } from '../spool/stored.js'
import type { Cohort } from './cohorts.js'
import { type History, NEW } from './history.js'
import type { WholeRecord } from './whole-record.js'

/** Where a batch stood when `export()` had to answer for it. */
export type Receipt = 'delivered' | 'waiting' | 'dropped'

/**
 * `sealed`: not yet compressed, or not yet on disk. `resting`: only this batch failed, and it waits by itself. `splitting`: other
 * batches are being made of its rows. `held`: a part that waits for the result of the other part. `aside`: it is foreign, and its whole
 * kind is refused. `gone`: it is no longer in the queue.
 */
export type State =
  | 'sealed'
  | 'ready'
  | 'in_flight'
  | 'resting'
  | 'splitting'
  | 'held'
  | 'aside'
  | 'gone'

const NEXT: Readonly<Record<State, readonly State[]>> = {
  sealed: ['ready', 'held', 'gone'],
  ready: ['in_flight', 'gone'],
  in_flight: ['ready', 'resting', 'splitting', 'aside', 'gone'],
  resting: ['ready', 'gone'],
  splitting: ['gone'],
  held: ['ready', 'splitting', 'gone'],
  aside: ['ready', 'gone'],
  gone: [],
}

/** A batch on its way to one destination. */
export class Entry {
  readonly rows: number
  /** Undefined while it is on disk only. */
  batch: Batch | undefined
  /** Decided when the batch is compressed. */
  insert: Insert | undefined
  /** Its own record on disk. */
  stored: Stored | undefined
  /** For a part: the record of the whole batch, which is on disk too as long as a part needs it. Shared by all parts. */
  whole: WholeRecord | undefined
  /** Bytes that it counts towards the queue's bound. */
  heldBytes: number
  /** Where it stands in the queue. */
  place = 0
  /** Its receipt is decided. */
  isAnswered = false
  /** Called after each change of state while it is in a queue, and when it is answered. */
  onChange: ((entry: Entry) => void) | undefined
  /** Which flushes wait for it. Undefined: none does. */
  cohort: Cohort | undefined
  /** Bytes on disk that are reserved for it while it is being written, or may still be written. */
  reservedBytes = 0
  /** An earlier process left it, or the batch that it is a part of, on disk. */
  readonly recovered: boolean
  /** Its table or columns may differ from those that the destination is configured for: `dispatch` or an earlier process chose them. */
  readonly foreign: boolean
  /** Part of a batch that was divided. */
  readonly divided: boolean
  /** Its rows were compact until the server refused that form. */
  wasCompact = false
  /** When the server was asked, last of all, about the columns of its table, and they were not the reason why it refused these rows. */
  fitAt: number = Number.NEGATIVE_INFINITY
  /** Its kind (see `RefusedKinds`), once it has been aside. */
  kind: string | undefined
  /** An attempt has begun: from now on every attempt must send the same bytes. */
  attempted = false
  history: History = NEW
  /** When the first attempt began that was taken, or may have been: perhaps the table has its token since then, and forgets it some time. */
  tokenSince: Moment | undefined
  /** An attempt was refused, but other shards of a Distributed table may have stored their rows. */
  partly = false
  /** Its rows may be there under the token of the batch that it is a part of. */
  doubled = false
  /** Which host may have its rows, of several. */
  doubt: Doubt | undefined
  /** Follows its rows, if they were exported as a parcel. */
  course: Course | undefined
  /** Its rows have been on disk since then, as this batch or as the one that it is a part of. */
  isSafe = false
  /** Called once: with true when the server has taken the batch, with false in every other case. */
  onVerdict: ((taken: boolean) => void) | undefined
  readonly receipt: Promise<Receipt>
  readonly acknowledge: (receipt: Receipt) => void
  #state: State = 'sealed'

  private constructor(
    { batch, stored }: { batch?: Batch; stored?: Stored },
    { divided = false, recovered = false, foreign = false } = {},
  ) {
    this.rows = batch?.rows ?? stored?.rows ?? 0
    this.batch = batch
    this.stored = stored
    this.heldBytes = batch?.heldBytes ?? 0
    this.divided = divided
    this.recovered = recovered
    this.foreign = foreign
    let answer: Entry['acknowledge'] = () => {}
    this.receipt = new Promise<Receipt>((resolve) => {
      answer = resolve
    })
    this.acknowledge = (receipt) => {
      this.isAnswered = true
      answer(receipt)
      this.onChange?.(this)
    }
    if (recovered || divided) this.acknowledge('waiting') // no export() waits for these
  }

  static of(batch: Batch, { foreign = false }: { foreign?: boolean } = {}): Entry {
    return new Entry({ batch }, { foreign })
  }

  /** A batch that an earlier process left on disk. `written`: when it was written there. */
  static recovered(stored: Stored, written?: Moment): Entry {
    const entry = new Entry({ stored }, { recovered: true, foreign: true })
    entry.tokenSince = written
    entry.doubt = OF_EARLIER_PROCESS
    entry.to('ready')
    return entry
  }

  /** A batch made of rows of this one. It inherits the history. */
  heir(batch: Batch, insert: Insert, stored: Stored | undefined): Entry {
    const { recovered, foreign } = this
    const heir = new Entry({ batch }, { divided: true, recovered, foreign })
    heir.insert = insert
    heir.stored = stored
    heir.whole = this.whole
    heir.doubt = this.doubt
    heir.fitAt = this.fitAt
    // Its token is new, but an earlier process may have made the same part.
    heir.tokenSince = recovered ? this.tokenSince : undefined
    heir.course = this.course
    heir.isSafe = this.isSafe
    heir.doubled = this.doubled || this.partly
    heir.history = { ...this.history, timeouts: 0 } // it is smaller, so it starts with the shortest deadline again
    return heir
  }

  get state(): State {
    return this.#state
  }

  /** Throws if the transition is not allowed, which is a bug in this package. */
  to(next: State): void {
    if (!NEXT[this.#state].includes(next))
      throw new Error(`bug: a batch went from ${this.#state} to ${next}`)
    this.#state = next
    this.onChange?.(this)
  }

  /** The record on disk that has its rows: if the process ends, the next one sends them. */
  get record(): Stored | undefined {
    return this.stored ?? this.whole?.stored
  }

  /** Its record is gone from the disk. */
  lostRecord(): void {
    if (this.stored) this.stored = undefined
    else if (this.whole) this.whole.stored = undefined
  }

  /** It is on disk, or may still be written there. A process that finds it there sends it as it was written. */
  get mayBeOnDisk(): boolean {
    return this.stored !== undefined || this.reservedBytes > 0
  }

  /** Has the rows followed from now on. */
  follow(course: Course): void {
    this.course = course
    course.take(this.rows)
    void this.receipt.then((receipt) => receipt === 'waiting' && course.fallBehind())
  }

  /** The rows are on disk. */
  store(stored: Stored | undefined): void {
    this.stored = stored
    if (!stored || this.isSafe) return
    this.isSafe = true
    this.course?.store(this.rows)
  }

  /** Tells the sibling that waits for the outcome. That may start other batches, so this one must be in its final state. */
  tell(taken: boolean): void {
    const { onVerdict } = this
    this.onVerdict = undefined
    onVerdict?.(taken)
  }
}
