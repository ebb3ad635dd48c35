import type { Asked } from '../api/answers.js'
import { parameter } from '../shell/address.js'
import { stepOf } from '../shell/range.js'
import { asked, tick } from '../shell/time.js'

export interface RangeFacts {
  readonly asked: Asked
  readonly fromUs: number
  readonly toUs: number
  readonly seconds: number
  /** Of a step of the lines. */
  readonly bucketUs: number
  /** Aggregates over the whole range are asked again less often than new traces are. */
  readonly slowTick: number
  /** The same while only the present moment moves. */
  readonly scope: string
}

/** In ticks, which are seconds. */
const EVERY = 5
const MOST_STEPS = 90

/** The range of the address in the forms that the views of services need. */
export function useRange(): RangeFacts {
  const { from, to, rangeKey } = asked.value
  const [fromUs, toUs] = [Number(from), Number(to)]
  return {
    asked: asked.value,
    fromUs,
    toUs,
    seconds: Math.max(1e-6, (toUs - fromUs) / 1e6),
    bucketUs: stepOf(toUs - fromUs, MOST_STEPS),
    slowTick: Math.floor(tick.value / EVERY),
    scope: `${rangeKey} ${parameter('table')}`,
  }
}
