import { KEY_VALUE, readKeyValue } from './any-value.js'
import { EXEMPLAR, readExemplar } from './exemplars.js'
import { readDoubles, readFixed64s, unsigned } from './numbers.js'
import type { PointInMaking } from './point.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'
import { readNanos } from './time.js'

const Point = {
  startTime: 0x11,
  time: 0x19,
  count: 0x21,
  sum: 0x29,
  bucketCount: 0x31,
  bucketCounts: 0x32,
  bound: 0x39,
  bounds: 0x3a,
  exemplars: 0x42,
  attributes: 0x4a,
  flags: 0x50,
  min: 0x59,
  max: 0x61,
} as const

export const HISTOGRAM_POINT: Shape = {
  isItem: true,
  isRecord: true,
  [Point.bucketCounts]: 'fixed64',
  [Point.bounds]: 'fixed64',
  [Point.exemplars]: EXEMPLAR,
  [Point.attributes]: KEY_VALUE,
}

export function readHistogramPoint(reader: WireReader, end: number, point: PointInMaking): void {
  point.count = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case Point.startTime:
        point.startTime = readNanos(reader, end)
        break
      case Point.time:
        point.time = readNanos(reader, end)
        break
      case Point.count:
        point.count = unsigned(reader.fixed64(end), reader.high)
        break
      case Point.sum:
        point.sum = reader.double(end)
        break
      case Point.bucketCount:
        point.bucketCounts.push(unsigned(reader.fixed64(end), reader.high))
        break
      case Point.bucketCounts:
        readFixed64s(reader, end, point.bucketCounts)
        break
      case Point.bound:
        point.bounds.push(reader.double(end))
        break
      case Point.bounds:
        readDoubles(reader, end, point.bounds)
        break
      case Point.exemplars:
        point.exemplars.push(readExemplar(reader, end))
        break
      case Point.attributes:
        readKeyValue(reader, end, point.attributes)
        break
      case Point.flags:
        point.flags = reader.varint(end)
        break
      case Point.min:
        point.min = reader.double(end)
        break
      case Point.max:
        point.max = reader.double(end)
        break
      default:
        reader.skip(tag, end)
    }
  }
}
