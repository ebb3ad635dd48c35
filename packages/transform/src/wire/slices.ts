import { messagesIn } from './envelope.js'
import type { WireOptions } from './options.js'
import { WireReader } from './reader.js'
import { checkMessage, type Shape } from './shape.js'

const SLICE = 1000

/** What is in the scopes of a request of one signal. */
export interface Kind<Record> {
  /** Of the messages in the scopes. */
  readonly shape: Shape
  records(reader: WireReader): Iterable<Record>
}

export function* slicesIn<Record>(
  bytes: Uint8Array,
  { shape, records }: Kind<Record>,
  options: WireOptions,
): Generator<Record[]> {
  const check = (reader: WireReader, end: number) => checkMessage(reader, end, shape)
  let checked = 0
  for (const _ of messagesIn(new WireReader(bytes, options), check))
    if (++checked % SLICE === 0) yield []
  let slice: Record[] = []
  for (const record of records(new WireReader(bytes, options))) {
    slice.push(record)
    if (slice.length < SLICE) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}
