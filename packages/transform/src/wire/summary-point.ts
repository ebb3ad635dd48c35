import type { QuantileLike } from '../metric/point.js'
import { KEY_VALUE, readKeyValue } from './any-value.js'
import { unsigned } from './numbers.js'
import type { PointInMaking } from './point.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'
import { readNanos } from './time.js'

const Point = {
  startTime: 0x11,
  time: 0x19,
  count: 0x21,
  sum: 0x29,
  quantiles: 0x32,
  attributes: 0x3a,
  flags: 0x40,
} as const
const Quantile = { quantile: 0x09, value: 0x11 } as const

export const SUMMARY_POINT: Shape = {
  isItem: true,
  isRecord: true,
  [Point.quantiles]: { isItem: true },
  [Point.attributes]: KEY_VALUE,
}

export function readSummaryPoint(reader: WireReader, end: number, point: PointInMaking): void {
  point.count = 0
  point.sum = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === Point.startTime) point.startTime = readNanos(reader, end)
    else if (tag === Point.time) point.time = readNanos(reader, end)
    else if (tag === Point.count) point.count = unsigned(reader.fixed64(end), reader.high)
    else if (tag === Point.sum) point.sum = reader.double(end)
    else if (tag === Point.quantiles) point.quantiles.push(readQuantile(reader, end))
    else if (tag === Point.attributes) readKeyValue(reader, end, point.attributes)
    else if (tag === Point.flags) point.flags = reader.varint(end)
    else reader.skip(tag, end)
  }
}

function readQuantile(reader: WireReader, end: number): QuantileLike {
  reader.item()
  const to = reader.endOfNext(end)
  let quantile = 0
  let value = 0
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Quantile.quantile) quantile = reader.double(to)
    else if (tag === Quantile.value) value = reader.double(to)
    else reader.skip(tag, to)
  }
  return { quantile, value }
}
