import type { WireReader } from './reader.js'

/**
 * What is inside a message, to check it without reading it: for the tag of each field that is a message its shape, for the tag of each field of
 * packed numbers their kind. Of any other field, only the length is checked, as for an unknown field.
 */
export interface Shape {
  readonly [tag: number]: Shape | PackedNumbers
  /** Its messages count as items. */
  readonly isItem?: boolean
  /** Each of its messages is a record. */
  readonly isRecord?: boolean
  /** Its messages count as keys. */
  readonly isKey?: boolean
  /** Its messages count as values. */
  readonly isValue?: boolean
  /** Deeper than this many levels of the same message, nothing is read, so nothing is checked. */
  readonly maxDepth?: number
}

export type PackedNumbers = 'varints' | 'fixed64'

/** Throws exactly where reading the same message would throw. */
export function checkMessage(reader: WireReader, end: number, shape: Shape, depth = 0): void {
  if (depth > (shape.maxDepth ?? depth)) {
    reader.at = end
    return
  }
  const inside = shape.maxDepth === undefined ? depth : depth + 1
  while (reader.at < end) {
    const tag = reader.tag(end)
    const within = shape[tag]
    if (within === undefined) reader.skip(tag, end)
    else if (typeof within === 'string') checkNumbers(reader, reader.endOfNext(end), within)
    else {
      if (within.isItem) reader.item()
      if (within.isRecord) reader.record()
      if (within.isKey) reader.key()
      else if (within.isValue) reader.value()
      checkMessage(reader, reader.endOfNext(end), within, inside)
    }
  }
}

function checkNumbers(reader: WireReader, end: number, numbers: PackedNumbers): void {
  while (reader.at < end) {
    reader.value()
    if (numbers === 'varints') reader.varint(end)
    else reader.fixed(8, end)
  }
}
