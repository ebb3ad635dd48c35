// Subjects that send nothing: what the bench itself costs, and what turning row objects into text costs.
import { rowOf } from './row-object.mjs'

const works = {
  count: () => 1,
  stringify: (span) => JSON.stringify(rowOf(span)).length,
}

export function start({ work }) {
  const does = works[work]
  let spans = 0
  let sum = 0 // used in delivered(), so that the engine cannot leave out the work
  return {
    take(span) {
      sum += does(span)
      spans++
    },
    delivered: () => (sum > 0 ? spans : 0),
    async flush() {},
    maxInFlight: Number.POSITIVE_INFINITY,
  }
}
