import { Oracle } from '../../kit/oracle.js'
import type { ExportMade, Life } from './life.js'
import type { DestinationPlan, Plan } from './plan.js'

// With `fsync: 'interval'` the disk has a record after a second and the duration of the sync.
const SYNCED_AFTER_MS = 2500

/** The model: the rows that each destination was given, and those that past events may have lost. */
export class Ledger {
  readonly oracle: Oracle
  readonly poisoned = new Set<number>()
  diskHasLied = false
  readonly #plan: Plan
  #made = 0

  get isOneLife(): boolean {
    return this.#plan.isOneLife
  }

  constructor(plan: Plan, run: string) {
    this.#plan = plan
    this.oracle = new Oracle(run)
  }

  newNumbers(count: number): number[] {
    return Array.from({ length: count }, () => this.#made++)
  }

  accept(numbers: readonly number[], poisoned: readonly number[]): void {
    for (const { name } of this.#plan.destinations) this.oracle.accept(name, numbers)
    for (const number of poisoned) this.poisoned.add(number)
  }

  /** Rows that no promise covers at a destination: the process that held them in memory was killed, or their disk lost power. */
  unprotected(plan: DestinationPlan, lives: readonly Life[]): Set<number> {
    const found = new Set<number>()
    for (const life of lives)
      for (const made of life.exports)
        if (!this.#isSafe(plan, life, made)) for (const number of made.numbers) found.add(number)
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
