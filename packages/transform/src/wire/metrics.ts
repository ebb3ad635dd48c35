import type { MetricPointLike } from '../metric/point.js'
import { messagesIn, type Origin } from './envelope.js'
import { Data, METRIC, readMetricHead } from './metric.js'
import type { WireOptions } from './options.js'
import { newPoint } from './point.js'
import { WireReader } from './reader.js'
import { type Kind, slicesIn } from './slices.js'

const METRICS: Kind<MetricPointLike> = { shape: METRIC, records: pointsIn }

/**
 * The data points of an ExportMetricsServiceRequest in protobuf: points of one metric share one metric object. Otherwise like
 * `spansFromOtlpProtobuf`.
 */
export function metricsFromOtlpProtobuf(
  bytes: Uint8Array,
  options: WireOptions = {},
): MetricPointLike[] {
  return [...pointsIn(new WireReader(bytes, options))]
}

/** The same data points in slices of 1,000, otherwise like `spansInOtlpProtobuf`. */
export function metricsInOtlpProtobuf(
  bytes: Uint8Array,
  options: WireOptions = {},
): Generator<MetricPointLike[]> {
  return slicesIn(bytes, METRICS, options)
}

function* pointsIn(reader: WireReader): Generator<MetricPointLike> {
  for (const points of messagesIn(reader, pointsOf)) yield* points
}

/** The caller must read all points of a metric before it reads the next metric. */
function* pointsOf(reader: WireReader, end: number, origin: Origin): Generator<MetricPointLike> {
  const { metric, kind, parts } = readMetricHead(reader, end)
  if (kind === undefined) return
  for (const [from, to] of parts) {
    reader.at = from
    while (reader.at < to) {
      const tag = reader.tag(to)
      if (tag !== Data.points) {
        reader.skip(tag, to)
        continue
      }
      reader.item()
      reader.record()
      const pointEnd = reader.endOfNext(to)
      const point = newPoint(metric, origin)
      kind.read(reader, pointEnd, point)
      yield point
    }
  }
  reader.at = end
}
