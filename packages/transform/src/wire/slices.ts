import { messagesIn } from './envelope.js'
import type { WireOptions } from './options.js'
import { WireReader } from './reader.js'
import { checkMessage, type Shape } from './shape.js'

const SLICE = 1000
// Records may be large, and take many times as much memory as bytes.
const SLICE_BYTES = 1024 * 1024

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
  const checking = new WireReader(bytes, options)
  let checked = 0
  let from = 0
  for (const _ of messagesIn(checking, check)) {
    if (++checked < SLICE && checking.at - from < SLICE_BYTES) continue
    yield []
    checked = 0
    from = checking.at
  }
  const reader = new WireReader(bytes, options)
  let slice: Record[] = []
  from = 0
  for (const record of records(reader)) {
    slice.push(record)
    if (slice.length < SLICE && reader.at - from < SLICE_BYTES) continue
    yield slice
    slice = []
    from = reader.at
  }
  if (slice.length > 0) yield slice
}
