export interface RunOptions {
  readonly seed?: number
  readonly iterations?: number
  readonly startMs?: number
  readonly everyMs?: number
}

export interface K6Point {
  readonly metric: string
  readonly value: number
  readonly tags: Readonly<Record<string, string>>
  readonly metadata?: Readonly<Record<string, string>>
  /** Since 1970. */
  readonly ms: number
  /** Beyond `ms`. */
  readonly nanos: number
}

export interface K6Verdict {
  readonly metric: string
  readonly source: string
  readonly observed: number
  readonly isKept: boolean
  readonly abortOnFail: boolean
}

export type SummaryForm = 'handleSummary' | '--summary-export' | '--new-machine-readable-summary'

export const THRESHOLDS: Readonly<
  Record<string, readonly (string | { readonly threshold: string })[]>
>
export function pointsOf(options: RunOptions): Generator<K6Point>
export function linesOf(
  points: Iterable<K6Point>,
  options?: { readonly offsetMinutes?: number },
): Generator<string>
export function figureOf(
  what: string,
  type: string,
  values: readonly number[],
  seconds: number,
): number
export function verdictsOf(points: Iterable<K6Point>): readonly K6Verdict[]
export function summaryOf(points: Iterable<K6Point>, form: SummaryForm): object
