import type { Signal } from '../config/config.js'
import type { SampleConfig } from '../config/routing-options.js'
import type { Held, Hold } from './hold.js'
import {
  type AnyRecord,
  durationMsOf,
  hasFailed,
  type Place,
  placeOf,
  serviceOf,
} from './reading.js'
import { isChosen, type Rates, ratesByService } from './sampling.js'

/** What is to be done with a record. An object: it has to wait, with what the hold must know of it. */
export type Verdict = 'keep' | 'leave_out' | Pick<Held, 'place' | 'isUsuallyKept'>

export type Sampler = (record: AnyRecord) => Verdict

/** Decides about each record by its trace. A record without a trace is kept. */
export function newSampler(config: SampleConfig, signal: Signal, hold: Hold): Sampler {
  const { keepErrors, keepSlowerThanMs = Number.POSITIVE_INFINITY } = config
  const hasExceptions = keepErrors || keepSlowerThanMs !== Number.POSITIVE_INFINITY
  const ratesOf = ratesByService(config)

  function isException(span: AnyRecord): boolean {
    if (keepErrors && hasFailed(span)) return true
    return (durationMsOf(span) ?? 0) >= keepSlowerThanMs
  }

  /** Undefined if it depends on what is not known yet: the first span of the trace, or an error. */
  function atOnce(place: Place, { lowest, highest }: Rates): boolean | undefined {
    if (hold.isKept(place.traceId) || isChosen(place.traceId, lowest)) return true
    return hasExceptions || isChosen(place.traceId, highest) ? undefined : false
  }

  return (record) => {
    const place = placeOf(record, signal)
    if (!place) return 'keep'
    const { traceId } = place
    const rates = ratesOf(serviceOf(record) ?? '')
    const isSpan = signal === 'traces'
    if (isSpan && hasExceptions && isException(record)) {
      hold.keep(traceId)
      return 'keep'
    }
    const decided = atOnce(place, rates)
    if (decided !== undefined) return decided ? 'keep' : 'leave_out'
    if (isSpan && place.isRoot) {
      const isKept = isChosen(traceId, rates.of(record))
      hold.rootEnded(place, isKept)
      return isKept ? 'keep' : 'leave_out'
    }
    const isUsuallyKept = isChosen(traceId, rates.usual)
    // Nobody would decide about log records of a process that brings in no spans.
    if (hold.spanOwners === 0) return isUsuallyKept ? 'keep' : 'leave_out'
    return { place, isUsuallyKept }
  }
}
