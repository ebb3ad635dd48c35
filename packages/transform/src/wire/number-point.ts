import { KEY_VALUE, readKeyValue } from './any-value.js'
import { EXEMPLAR, readExemplar } from './exemplars.js'
import { signed } from './numbers.js'
import type { PointInMaking } from './point.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'
import { readNanos } from './time.js'

const Point = {
  startTime: 0x11,
  time: 0x19,
  asDouble: 0x21,
  exemplars: 0x2a,
  asInt: 0x31,
  attributes: 0x3a,
  flags: 0x40,
} as const

/** A point of a gauge or a sum. */
export const NUMBER_POINT: Shape = {
  isItem: true,
  isRecord: true,
  [Point.exemplars]: EXEMPLAR,
  [Point.attributes]: KEY_VALUE,
}

export function readNumberPoint(reader: WireReader, end: number, point: PointInMaking): void {
  while (reader.at < end) {
    const tag = reader.tag(end)
    if (tag === Point.startTime) point.startTime = readNanos(reader, end)
    else if (tag === Point.time) point.time = readNanos(reader, end)
    else if (tag === Point.asDouble) point.value = reader.double(end)
    else if (tag === Point.asInt) point.value = signed(reader.fixed64(end), reader.high)
    else if (tag === Point.exemplars) point.exemplars.push(readExemplar(reader, end))
    else if (tag === Point.attributes) readKeyValue(reader, end, point.attributes)
    else if (tag === Point.flags) point.flags = reader.varint(end)
    else reader.skip(tag, end)
  }
}
