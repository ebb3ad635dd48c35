import { KEY_VALUE, readKeyValue } from './any-value.js'
import { EXEMPLAR, readExemplar } from './exemplars.js'
import { readVarints, unsigned, zigzag } from './numbers.js'
import type { BucketsInMaking, PointInMaking } from './point.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'
import { readNanos } from './time.js'

const Point = {
  attributes: 0x0a,
  startTime: 0x11,
  time: 0x19,
  count: 0x21,
  sum: 0x29,
  scale: 0x30,
  zeroCount: 0x39,
  positive: 0x42,
  negative: 0x4a,
  flags: 0x50,
  exemplars: 0x5a,
  min: 0x61,
  max: 0x69,
} as const
const Buckets = { offset: 0x08, bucketCount: 0x10, bucketCounts: 0x12 } as const

const BUCKETS: Shape = { [Buckets.bucketCounts]: 'varints' }

export const EXPONENTIAL_POINT: Shape = {
  isItem: true,
  isRecord: true,
  [Point.attributes]: KEY_VALUE,
  [Point.positive]: BUCKETS,
  [Point.negative]: BUCKETS,
  [Point.exemplars]: EXEMPLAR,
}

export function readExponentialPoint(reader: WireReader, end: number, point: PointInMaking): void {
  point.count = 0
  point.scale = 0
  point.zeroCount = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case Point.attributes:
        readKeyValue(reader, end, point.attributes)
        break
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
      case Point.scale:
        point.scale = zigzag(reader.varint(end))
        break
      case Point.zeroCount:
        point.zeroCount = unsigned(reader.fixed64(end), reader.high)
        break
      case Point.positive:
        readBuckets(reader, end, point.positive)
        break
      case Point.negative:
        readBuckets(reader, end, point.negative)
        break
      case Point.flags:
        point.flags = reader.varint(end)
        break
      case Point.exemplars:
        point.exemplars.push(readExemplar(reader, end))
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

function readBuckets(reader: WireReader, end: number, buckets: BucketsInMaking): void {
  const to = reader.endOfNext(end)
  buckets.offset ??= 0
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Buckets.offset) buckets.offset = zigzag(reader.varint(to))
    else if (tag === Buckets.bucketCounts) readVarints(reader, to, buckets.bucketCounts)
    else if (tag === Buckets.bucketCount)
      buckets.bucketCounts.push(unsigned(reader.varint(to), reader.high))
    else reader.skip(tag, to)
  }
}
