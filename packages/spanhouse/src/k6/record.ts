import type { HrTime } from '@spanhouse/transform'

/** A run of k6, as the resource of its rows: texts that all of them have in common. */
export interface Run {
  readonly attributes: { readonly run_id: string }
}

/** A metric of k6, as its line in the stream says. */
export interface Metric {
  readonly name: string
  /** counter, gauge, rate or trend; empty if the stream had no line about it. */
  readonly type: string
  /** default, time (milliseconds) or data (bytes). */
  readonly contains: string
}

export type Tags = Readonly<Record<string, string>>

/** One measurement: a row of `k6_samples`. */
export interface Sample {
  readonly resource: Run
  readonly metric: Metric
  readonly time: HrTime
  readonly value: number
  readonly tags: Tags
  readonly metadata: Tags
}

export type Verdict = 'passed' | 'failed' | 'unknown'

/** One threshold at the end of a run: a row of `k6_thresholds`. */
export interface Threshold {
  readonly resource: Run
  readonly time: HrTime
  readonly id: number
  /** Of a submetric, with its tags in braces. */
  readonly metric: string
  readonly tags: Tags
  /** As in the script, such as `p(95)<500`. */
  readonly source: string
  readonly abortOnFail: boolean
  readonly delayAbortEval: string
  readonly verdict: Verdict
  readonly verdictBy: 'k6' | 'spanhouse' | ''
  readonly observed: number | undefined
}

/** What is delivered. */
export type Row = Sample | Threshold
