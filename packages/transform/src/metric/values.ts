import { AttributeSource, NONE_DROPPED } from '../attributes/source.js'
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

export function sortedAttributes({
  attributes,
}: Pick<ExemplarLike, 'attributes'>): AttributeSource {
  return new AttributeSource(attributes, NONE_DROPPED, true)
}
