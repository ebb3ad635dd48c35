import type { MetricLike, MetricType } from '../values/metric.js'
import { EXPONENTIAL_POINT, readExponentialPoint } from './exponential-point.js'
import { HISTOGRAM_POINT, readHistogramPoint } from './histogram-point.js'
import { NUMBER_POINT, readNumberPoint } from './number-point.js'
import type { PointInMaking } from './point.js'
import type { WireReader } from './reader.js'
import { checkMessage, type Shape } from './shape.js'
import { readSummaryPoint, SUMMARY_POINT } from './summary-point.js'

const Metric = { name: 0x0a, description: 0x12, unit: 0x1a } as const
/** The fields of Gauge, Sum, Histogram, ExponentialHistogram and Summary; not all of them have each. */
export const Data = { points: 0x0a, temporality: 0x10, isMonotonic: 0x18 } as const

interface DataKind {
  readonly type: MetricType
  readonly hasTemporality: boolean
  readonly point: Shape
  readonly read: (reader: WireReader, end: number, point: PointInMaking) => void
}

/** The types of data that a metric may have, by the tag of their field. */
const KINDS: Readonly<Record<number, DataKind>> = {
  42: { type: 'gauge', hasTemporality: false, point: NUMBER_POINT, read: readNumberPoint },
  58: { type: 'sum', hasTemporality: true, point: NUMBER_POINT, read: readNumberPoint },
  74: {
    type: 'histogram',
    hasTemporality: true,
    point: HISTOGRAM_POINT,
    read: readHistogramPoint,
  },
  82: {
    type: 'exponential_histogram',
    hasTemporality: true,
    point: EXPONENTIAL_POINT,
    read: readExponentialPoint,
  },
  90: { type: 'summary', hasTemporality: false, point: SUMMARY_POINT, read: readSummaryPoint },
}

export const METRIC: Shape = Object.fromEntries(
  Object.entries(KINDS).map(([tag, { point }]) => [tag, { isItem: true, [Data.points]: point }]),
)

/** A metric, and where its data are: protobuf may divide them. */
export interface MetricHead {
  readonly metric: MetricLike
  readonly kind: DataKind | undefined
  readonly parts: readonly Part[]
}

type Part = readonly [from: number, to: number]

/** Reads all but the data points. What the points have in common may come after them. */
export function readMetricHead(reader: WireReader, end: number): MetricHead {
  const metric: { -readonly [Key in keyof MetricLike]: MetricLike[Key] } = {
    name: '',
    description: '',
    unit: '',
    type: 'gauge',
    temporality: 0,
    isMonotonic: false,
  }
  let kind: DataKind | undefined
  let parts: Part[] = []
  while (reader.at < end) {
    const tag = reader.tag(end)
    const next = KINDS[tag]
    if (tag === Metric.name) metric.name = reader.text(end)
    else if (tag === Metric.description) metric.description = reader.text(end)
    else if (tag === Metric.unit) metric.unit = reader.text(end)
    else if (next === undefined) reader.skip(tag, end)
    else {
      if (next !== kind) parts = dropped(reader, kind, parts)
      kind = next
      parts.push(partAt(reader, end))
    }
  }
  if (kind !== undefined) {
    metric.type = kind.type
    for (const part of parts) readData(reader, part, kind, metric)
  }
  reader.at = end
  return { metric, kind, parts }
}

/** A metric has data of one type: the last wins. The others are only checked. */
function dropped(reader: WireReader, kind: DataKind | undefined, parts: Part[]): Part[] {
  const { at } = reader
  for (const [from, to] of parts) {
    reader.at = from
    checkMessage(reader, to, { [Data.points]: kind?.point ?? {} })
  }
  reader.at = at
  return []
}

function partAt(reader: WireReader, end: number): Part {
  reader.item()
  const to = reader.endOfNext(end)
  const part: Part = [reader.at, to]
  reader.at = to
  return part
}

type Common = Pick<MetricLike, 'temporality' | 'isMonotonic'>

function readData(
  reader: WireReader,
  [from, to]: Part,
  { type, hasTemporality }: DataKind,
  into: { -readonly [Key in keyof Common]: Common[Key] },
): void {
  reader.at = from
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Data.temporality && hasTemporality) {
      const temporality = reader.varint(to)
      into.temporality = temporality === 1 || temporality === 2 ? temporality : 0
    } else if (tag === Data.isMonotonic && type === 'sum') into.isMonotonic = reader.bool(to)
    else reader.skip(tag, to)
  }
}
