import type { Signal } from '../config/config.js'
import type { SampleConfig } from '../config/routing-options.js'
import type { Held, Hold } from './hold.js'
import { type AnyRecord, durationMsOf, hasFailed, placeOf, serviceOf } from './reading.js'
import { isChosen, ratesByService } from './sampling.js'

/**
 * What is to be done with a record. `keep_with_trace`: only because of other records of its trace. An object: it has to wait, with what the hold
 * must know of it.
 */
export type Verdict =
  | 'keep'
  | 'keep_with_trace'
  | 'leave_out'
  | Pick<Held, 'place' | 'isUsuallyKept'>

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
    if (isChosen(traceId, rates.lowest)) return 'keep'
    const isRoot = isSpan && place.isRoot
    const isChosenRoot = isRoot && isChosen(traceId, rates.of(record))
    if (hold.isKept(traceId)) return isChosenRoot ? 'keep' : 'keep_with_trace'
    if (!hasExceptions && !isChosen(traceId, rates.highest)) return 'leave_out'
    if (isRoot) {
      hold.rootEnded(place, isChosenRoot)
      return isChosenRoot ? 'keep' : 'leave_out'
    }
    const isUsuallyKept = isChosen(traceId, rates.usual)
    // Nobody would decide about log records of a process that brings in no spans.
    if (hold.spanOwners === 0) return isUsuallyKept ? 'keep' : 'leave_out'
    return { place, isUsuallyKept }
  }
}
