import { type Aggregate, newAggregate } from './aggregate.js'
import type { Budget } from './distribution.js'
import type { Declaration, Declared, Point } from './parse-line.js'
import type { Tags, Threshold, Verdict } from './record.js'
import type { Verdicts } from './summary.js'
import { parseThreshold } from './threshold-expression.js'

/** A threshold at the end of a run, without the run. */
export type Judged = Omit<Threshold, 'resource' | 'time'>

/** The thresholds of a run, and what it has measured of the metrics they are about. */
export interface Thresholds {
  declare(declaration: Declaration): void
  add(point: Point): void
  /** Every threshold with its verdict: that of k6 where there is one, else computed. */
  judged(verdicts: Verdicts, seconds: number): readonly Judged[]
  /** Parts of metrics whose thresholds the stream does not contain. */
  readonly parts: readonly string[]
}

/** A metric with thresholds, or a part of one. */
interface Watched {
  readonly metric: string
  readonly tags: Tags
  readonly isPart: boolean
  readonly thresholds: readonly Declared[]
  readonly aggregate: Aggregate | undefined
}

/** 32 MiB. Beyond that, percentiles may be 1 % off. */
export const MOST_VALUES = 4 * 1024 * 1024
/** No real script declares more. */
const MOST_WATCHED = 1000
const MOST_THRESHOLDS = 10_000
/** k6 always measures this part of http_req_duration. */
const OF_EVERY_RUN = /\{expected_response:true\}$/

export function newThresholds(budget: Budget = { values: MOST_VALUES }): Thresholds {
  const watched = new Map<string, Watched>()
  const byMetric = new Map<string, Watched[]>()

  function watch(of: string, type: string, part: Omit<Watched, 'aggregate'>): void {
    if (watched.size >= MOST_WATCHED || watched.has(part.metric)) return
    const one = { ...part, aggregate: newAggregate(type, budget) }
    watched.set(part.metric, one)
    byMetric.set(of, [...(byMetric.get(of) ?? []), one])
  }

  return {
    declare({ metric: { name, type }, thresholds, submetrics }) {
      if (thresholds.length > 0)
        watch(name, type, { metric: name, tags: {}, isPart: false, thresholds })
      for (const part of submetrics)
        watch(name, type, {
          ...{ metric: part.name, tags: part.tags, isPart: true },
          thresholds: part.thresholds,
        })
    },
    add({ metric, tags, value }) {
      const parts = byMetric.get(metric)
      if (parts === undefined || Number.isNaN(value)) return
      for (const part of parts) if (hasTags(tags, part.tags)) part.aggregate?.add(value)
    },
    get parts() {
      return [...watched.values()]
        .filter(({ isPart, thresholds }) => isPart && thresholds.length === 0)
        .map(({ metric }) => metric)
        .filter((name) => !OF_EVERY_RUN.test(name))
    },
    judged(verdicts, seconds) {
      const declared = [...watched.values()].flatMap((one) =>
        one.thresholds.map((threshold) => judge(one, threshold, verdicts, seconds)),
      )
      const known = new Set(declared.map(keyOf))
      const others = verdicts
        .all()
        .map(({ metric, source }) =>
          judge(
            watched.get(metric) ?? unseen(metric),
            { source, abortOnFail: false, delayAbortEval: '' },
            verdicts,
            seconds,
          ),
        )
        .filter((one) => !known.has(keyOf(one)))
      return [...declared, ...others].slice(0, MOST_THRESHOLDS).map((one, id) => ({ ...one, id }))
    },
  }
}

/** A metric without samples has no line in the stream. */
function unseen(metric: string): Watched {
  const [, list = ''] = /\{(.*)\}$/s.exec(metric) ?? []
  const pairs = list
    .split(',')
    .map((pair) => pair.split(/:(.*)/s).map((text) => text.trim().replaceAll(/^["']+|["']+$/g, '')))
  const tags = Object.fromEntries(
    pairs.filter(([key]) => key !== '').map(([key, value = '']) => [key, value]),
  )
  return { metric, tags, isPart: list !== '', thresholds: [], aggregate: undefined }
}

function hasTags(tags: Tags, wanted: Tags): boolean {
  for (const key in wanted) if (tags[key] !== wanted[key]) return false
  return true
}

function judge(
  { metric, tags, aggregate }: Watched,
  { source, abortOnFail, delayAbortEval }: Declared,
  verdicts: Verdicts,
  seconds: number,
): Omit<Judged, 'id'> & { id: number } {
  const expression = parseThreshold(source)
  const observed = expression && aggregate?.figure(expression.measure, seconds)
  const said = verdicts.of(metric, source)
  const computed =
    expression && aggregate ? observed === undefined || expression.holds(observed) : undefined
  const passed = said ?? computed
  const verdict: Verdict = passed === undefined ? 'unknown' : passed ? 'passed' : 'failed'
  const verdictBy = said !== undefined ? 'k6' : computed !== undefined ? 'spanhouse' : ''
  const how = { verdict, verdictBy, observed } as const
  return { id: 0, metric, tags, source, abortOnFail, delayAbortEval, ...how }
}

function keyOf({ metric, source }: Pick<Judged, 'metric' | 'source'>): string {
  return JSON.stringify([metric, source])
}
