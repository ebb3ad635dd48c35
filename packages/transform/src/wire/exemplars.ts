import type { ExemplarLike } from '../metric/point.js'
import { EPOCH } from '../values/time.js'
import { KEY_VALUE, newValues, readKeyValue } from './any-value.js'
import { signed } from './numbers.js'
import type { WireReader } from './reader.js'
import type { Shape } from './shape.js'
import { readNanos } from './time.js'

const Exemplar = {
  time: 0x11,
  asDouble: 0x19,
  spanId: 0x22,
  traceId: 0x2a,
  asInt: 0x31,
  attributes: 0x3a,
} as const

export const EXEMPLAR: Shape = { isItem: true, [Exemplar.attributes]: KEY_VALUE }

export function readExemplar(reader: WireReader, end: number): ExemplarLike {
  reader.item()
  const to = reader.endOfNext(end)
  const attributes = newValues()
  let time = EPOCH
  let value: number | bigint | undefined
  let traceId = ''
  let spanId = ''
  while (reader.at < to) {
    const tag = reader.tag(to)
    if (tag === Exemplar.time) time = readNanos(reader, to)
    else if (tag === Exemplar.asDouble) value = reader.double(to)
    else if (tag === Exemplar.asInt) value = signed(reader.fixed64(to), reader.high)
    else if (tag === Exemplar.traceId) traceId = reader.hex(to)
    else if (tag === Exemplar.spanId) spanId = reader.hex(to)
    else if (tag === Exemplar.attributes) readKeyValue(reader, to, attributes)
    else reader.skip(tag, to)
  }
  return { time, value, traceId, spanId, attributes }
}
