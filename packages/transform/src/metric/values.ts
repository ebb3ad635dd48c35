import { itemsOf } from '../values/list.js'
import type { Encoding } from '../writing/encoding.js'
import type { ExemplarLike, MetricPointLike, QuantileLike } from './point.js'

// What the columns of all tables read from a data point. Any part of it may be missing or of another type.

export function exemplarsOf(point: MetricPointLike, encoding: Encoding): readonly ExemplarLike[] {
  return itemsOf(point.exemplars, encoding) as readonly ExemplarLike[]
}

export function quantilesOf(point: MetricPointLike, encoding: Encoding): readonly QuantileLike[] {
  return itemsOf(point.quantiles, encoding) as readonly QuantileLike[]
}
