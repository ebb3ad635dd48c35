import type { RateRow } from '@spanhouse/queries'

export interface RateLines {
  /** Seconds since 1970: the beginning of each step. */
  readonly times: readonly number[]
  /** Requests a second. */
  readonly requests: readonly number[]
  readonly errors: readonly number[]
  readonly p50: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
}

/** A step of which less than this is in the range has too few spans to say a rate. */
const LEAST_SHARE = 0.25
/** More steps than a chart has pixels are not drawn, whatever the server answers. */
const MOST_STEPS = 5000

/** The rows as lines. A step without a row had no requests; the first and the last step count only as far as they are in the range. */
export function rateLines(
  rows: readonly RateRow[],
  { fromUs, toUs, bucketUs }: { fromUs: number; toUs: number; bucketUs: number },
): RateLines {
  const byBucket = new Map(rows.map((row) => [row.bucket_us, row]))
  const lines = {
    times: [] as number[],
    requests: [] as number[],
    errors: [] as number[],
    p50: [] as (number | null)[],
    p95: [] as (number | null)[],
    p99: [] as (number | null)[],
  }
  const first = Math.floor(fromUs / bucketUs) * bucketUs
  const end = Math.min(toUs, first + MOST_STEPS * bucketUs)
  for (let at = first; at < end; at += bucketUs) {
    const coveredUs = Math.min(at + bucketUs, toUs) - Math.max(at, fromUs)
    if (coveredUs < LEAST_SHARE * bucketUs) continue
    const row = byBucket.get(at)
    lines.times.push(at / 1e6)
    lines.requests.push((row?.requests ?? 0) / (coveredUs / 1e6))
    lines.errors.push((row?.errors ?? 0) / (coveredUs / 1e6))
    lines.p50.push(row?.p50_ns ?? null)
    lines.p95.push(row?.p95_ns ?? null)
    lines.p99.push(row?.p99_ns ?? null)
  }
  return lines
}
