import { Occasion } from '../common/occasion.js'
import type { DropReason } from './drop-reason.js'

/** What becomes of the rows of one parcel at one destination. */
export class Course {
  readonly #onChange: () => void
  readonly #dropped: Partial<Record<DropReason, number>> = {}
  #delivered = 0
  #open = 0
  #unsafe = 0
  #isBehind = false

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  get delivered(): number {
    return this.#delivered
  }

  /** Rows by reason. */
  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return this.#dropped
  }

  /** Rows that are neither delivered nor dropped. */
  get open(): number {
    return this.#open
  }

  /** Open rows that are in memory only: they are lost if the process is killed. */
  get unsafe(): number {
    return this.#unsafe
  }

  /** The destination failed, or was slow, while it had some of these rows. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  /** The destination has taken in rows. */
  take(rows: number): void {
    this.#open += rows
    this.#unsafe += rows
  }

  /** Rows that could not be taken in. */
  refuse(rows: number, reason: DropReason): void {
    this.take(rows)
    this.drop(rows, reason, false)
  }

  /** Rows are on disk. */
  store(rows: number): void {
    this.#unsafe -= rows
    this.#onChange()
  }

  /** Rows end. `wereSafe`: `store()` was called for them. */
  deliver(rows: number, wereSafe: boolean): void {
    this.#delivered += rows
    this.#end(rows, wereSafe)
  }

  drop(rows: number, reason: DropReason, wereSafe: boolean): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + rows
    this.#end(rows, wereSafe)
  }

  /** Another process has the rows, and counts them. */
  leave(rows: number, wereSafe: boolean): void {
    this.#end(rows, wereSafe)
  }

  fallBehind(): void {
    if (this.#isBehind) return
    this.#isBehind = true
    this.#onChange()
  }

  #end(rows: number, wereSafe: boolean): void {
    this.#open -= rows
    if (!wereSafe) this.#unsafe -= rows
    this.#onChange()
  }
}

/** Records that were exported together, and what becomes of their rows at each destination. */
export class Parcel {
  readonly #key: string
  readonly #courses = new Map<string, Course>()
  readonly #changes = new Occasion()
  readonly #numbers = new Map<string, number>()
  #isComplete = false

  /** `key`: the same for the same records, and for no others. */
  constructor(key: string) {
    this.#key = key
  }

  /** By the name of the destination. */
  get courses(): ReadonlyMap<string, Course> {
    return this.#courses
  }

  /** All of its records have been taken in: there will be no more rows. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /**
   * Tells equal batches of this parcel apart from each other and from those of other parcels, and is the same for the same records. Each lane
   * has numbers of its own: which of two lanes seals its next batch first depends on how fast they are. `lane`: its name, if it has one.
   */
  nextBatch(lane: string | undefined): string {
    return this.#next(this.#key, lane)
  }

  /** The same for batches with rows that depend on what came before. How many there are must not change what the others are called. */
  nextLateBatch(lane: string | undefined): string {
    return this.#next(`${this.#key} late`, lane)
  }

  #next(kind: string, lane: string | undefined): string {
    const of = lane === undefined ? '' : ` of ${lane}`
    const number = (this.#numbers.get(kind + of) ?? 0) + 1
    this.#numbers.set(kind + of, number)
    return `${kind} ${number}${of}`
  }

  courseAt(destination: string): Course {
    const course = this.#courses.get(destination) ?? new Course(() => this.#changes.happened())
    this.#courses.set(destination, course)
    return course
  }

  complete(): void {
    this.#isComplete = true
    this.#changes.happened()
  }

  /** Resolves when `holds` is true of this parcel, or when the signal aborts. */
  async until(holds: (parcel: Parcel) => boolean, signal: AbortSignal): Promise<void> {
    while (!holds(this) && !signal.aborted) await this.#changes.next(signal)
  }
}
