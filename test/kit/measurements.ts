// Requests that were measured one by one, and the data points that an SDK would have made of them: what queries answer about the points can
// be computed from the requests.
import type { MetricPointLike } from '@spanhouse/transform'

export type Temporality = 'cumulative' | 'delta'

interface Request {
  readonly atMs: number
  readonly route: string
  readonly seconds: number
}

/** A process from its start to its end. */
export interface Life {
  readonly service: string
  readonly resource: Record<string, string>
  /** 0 if the source of the points does not say it. */
  readonly startMs: number
  readonly exportsMs: readonly number[]
  readonly requests: readonly Request[]
  readonly bounds: readonly number[]
}

interface Measured {
  readonly requests: readonly Request[]
  readonly fromMs: number
  readonly atMs: number
  readonly route: string
}

export const COUNTER = 'shop.requests'
export const HISTOGRAM = 'http.server.request.duration'

const OTLP = { delta: 1, cumulative: 2 } as const

/** The points of a counter and of a histogram, for each route that was requested before. */
export function pointsOf(life: Life, temporality: Temporality): MetricPointLike[] {
  return measuredIn(life, temporality).flatMap(({ requests, fromMs, atMs, route }) => {
    const counts = countsOf(requests, life.bounds)
    const seconds = requests.map((request) => request.seconds)
    const common = {
      startTime: hrTime(fromMs),
      time: hrTime(atMs),
      attributes: { 'http.route': route },
      resource: { attributes: { 'service.name': life.service, ...life.resource } },
      instrumentationScope: { name: 'shop' },
    }
    const metric = { unit: '', temporality: OTLP[temporality] }
    return [
      {
        ...common,
        metric: { ...metric, name: COUNTER, type: 'sum', isMonotonic: true },
        value: requests.length,
      },
      {
        ...common,
        metric: { ...metric, name: HISTOGRAM, type: 'histogram', isMonotonic: false },
        count: requests.length,
        sum: seconds.reduce((a, b) => a + b, 0),
        min: Math.min(...seconds),
        max: Math.max(...seconds),
        bounds: life.bounds,
        bucketCounts: counts,
      },
    ]
  })
}

/** What each export tells of each route: all requests since the start, or those since the export before. */
function measuredIn(life: Life, temporality: Temporality): Measured[] {
  return life.exportsMs.flatMap((atMs, i) => {
    const before = life.exportsMs[i - 1] ?? Number.NEGATIVE_INFINITY
    const made = life.requests.filter((request) => request.atMs <= atMs)
    return [...new Set(made.map(({ route }) => route))].flatMap((route) => {
      const isNew = (request: Request) => temporality === 'cumulative' || request.atMs > before
      const requests = made.filter((request) => request.route === route && isNew(request))
      const fromMs = temporality === 'delta' && i > 0 ? before : life.startMs
      return requests.length > 0 ? [{ requests, fromMs, atMs, route }] : []
    })
  })
}

/** How many lie in each bucket, the upper bounds included. */
export function countsOf(requests: readonly Request[], bounds: readonly number[]): number[] {
  const counts = Array(bounds.length + 1).fill(0)
  for (const { seconds } of requests) {
    const bucket = bounds.findIndex((bound) => seconds <= bound)
    counts[bucket < 0 ? bounds.length : bucket]++
  }
  return counts
}

/** The requests that an export within a range told of first, each with the time of that export. */
export function toldIn(
  life: Life,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): (Request & { readonly toldMs: number })[] {
  return life.requests.flatMap((request) => {
    const toldMs = life.exportsMs.find((at) => at >= request.atMs)
    if (toldMs === undefined || toldMs < fromMs || toldMs >= toMs) return []
    return [{ ...request, toldMs }]
  })
}

/**
 * The value that the share `q` of the requests does not exceed, as far as buckets know it: the bucket is that of the request itself, and
 * within it requests count as evenly spread.
 */
export function quantileOf(
  q: number,
  requests: readonly Request[],
  bounds: readonly number[],
): number {
  const rank = q * requests.length
  const sorted = requests.map(({ seconds }) => seconds).sort((a, b) => a - b)
  const atRank = sorted[Math.ceil(rank) - 1] ?? Number.NaN
  const upper = bounds.find((bound) => atRank <= bound)
  if (upper === undefined) return bounds.at(-1) ?? Number.NaN
  const lower = bounds[bounds.indexOf(upper) - 1] ?? 0
  const below = sorted.filter((value) => value <= lower).length
  const within = sorted.filter((value) => value > lower && value <= upper).length
  return lower + ((upper - lower) * (rank - below)) / within
}

export function hrTime(ms: number): [seconds: number, nanoseconds: number] {
  return [Math.floor(ms / 1000), Math.round(ms % 1000) * 1e6]
}
