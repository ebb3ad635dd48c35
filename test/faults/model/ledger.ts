import type { SignalName } from '../../kit/numbered-records.mjs'
import { Oracle } from '../../kit/oracle.js'
import type { ExportMade, Life } from './life.js'
import type { DestinationPlan, Plan } from './plan.js'

// With `fsync: 'interval'` the disk has a record after a second and the duration of the sync.
const SYNCED_AFTER_MS = 2500

interface Books {
  readonly oracle: Oracle
  readonly poisoned: Set<number>
  made: number
}

/** The model: the rows that each destination was given, and those that past events may have lost. */
export class Ledger {
  /** Numbers begin anew for each signal. */
  readonly #signals: ReadonlyMap<SignalName, Books>
  diskHasLied = false
  readonly #plan: Plan

  get isOneLife(): boolean {
    return this.#plan.isOneLife
  }

  constructor(plan: Plan, run: string) {
    this.#plan = plan
    this.#signals = new Map(
      plan.signals.map((signal) => [
        signal,
        { oracle: new Oracle(run, signal), poisoned: new Set(), made: 0 },
      ]),
    )
  }

  of(signal: SignalName): Books {
    const books = this.#signals.get(signal)
    if (!books) throw new Error(`${signal} are not part of this run`)
    return books
  }

  newNumbers(signal: SignalName, count: number): number[] {
    const books = this.of(signal)
    return Array.from({ length: count }, () => books.made++)
  }

  accept(signal: SignalName, numbers: readonly number[], poisoned: readonly number[]): void {
    const books = this.of(signal)
    for (const { name } of this.#plan.destinations) books.oracle.accept(name, numbers)
    for (const number of poisoned) books.poisoned.add(number)
  }

  /** Rows that no promise covers at a destination: the process that held them in memory was killed, or their disk lost power. */
  unprotected(plan: DestinationPlan, signal: SignalName, lives: readonly Life[]): Set<number> {
    const found = new Set<number>()
    for (const life of lives)
      for (const made of life.exports)
        if (made.signal === signal && !this.#isSafe(plan, life, made))
          for (const number of made.numbers) found.add(number)
    return found
  }

  #isSafe({ fsync }: DestinationPlan, life: Life, made: ExportMade): boolean {
    const { answeredAt, diskWasWell, failed } = made
    // A shutdown counts the rows that it gives up.
    if (life.end?.how !== 'killed' && !life.powerWasLost) return true
    const isOnDisk = fsync !== 'no spool' && answeredAt !== undefined && diskWasWell && !failed
    if (!isOnDisk || !life.powerWasLost) return isOnDisk
    if (this.diskHasLied || fsync === 'never') return false
    const livedOn = (life.end?.at ?? performance.now()) - answeredAt
    return fsync === 'always' || life.end?.how === 'shut down' || livedOn > SYNCED_AFTER_MS
  }
}
