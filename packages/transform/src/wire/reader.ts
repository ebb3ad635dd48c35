import { type Bytes, bytesOf } from './bytes.js'
import type { WireOptions } from './options.js'
import { RecentIds } from './recent-ids.js'
import { RecentTexts } from './recent-texts.js'
import { WireError } from './wire-error.js'

const LITTLE_ENDIAN = true
const MAX_VARINT_BYTES = 10
const MAX_TAG_BYTES = 5
const MAX_GROUPS = 100
/** The default of `maxItems`. */
const MAX_ITEMS = 1_000_000
// Six bytes of the body for each; real ones take more. Reading so many takes a second, also if they are all in one record.
const MAX_VALUES = 10_000_000
// Each takes up to a microsecond where a map has many different ones.
const MAX_KEYS = 100_000

// Shared by all requests, because the same texts and ids also come in later ones.
const texts = new RecentTexts()
const ids = new RecentIds()

/**
 * Reads the fields of protobuf messages, one after the other. Each method gets the end of the message that it reads in, and throws a
 * `WireError` rather than read beyond it. So a loop `while (reader.at < end)` stops exactly at the end.
 */
export class WireReader {
  readonly bytes: Bytes
  readonly view: DataView
  at = 0
  /** The upper half of the last varint. */
  high = 0
  readonly #maxItems: number
  #items = 0
  #values = 0
  #keys = 0

  constructor(bytes: Uint8Array, options: WireOptions) {
    this.#maxItems = options.maxItems ?? MAX_ITEMS
    this.bytes = bytesOf(bytes)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Counts one item. */
  item(): void {
    if (++this.#items > this.#maxItems)
      throw new WireError(`it has more than ${this.#maxItems} items`, this.at, 'too_many')
  }

  /** Begins a record: what comes counts towards its keys. */
  record(): void {
    this.#keys = 0
  }

  /** Counts one key, which is a value too. Those of a resource and its scopes count towards the record before them. */
  key(): void {
    this.value()
    if (++this.#keys > MAX_KEYS)
      throw new WireError(`a record has more than ${MAX_KEYS} attributes`, this.at, 'too_many')
  }

  /** Counts one value: an attribute, what it says, an element of a list or a map, or a packed number. */
  value(): void {
    if (++this.#values > MAX_VALUES)
      throw new WireError(`it has more than ${MAX_VALUES} values`, this.at, 'too_many')
  }

  /** The number of the next field, times 8, plus its wire type. */
  tag(end: number): number {
    const start = this.at
    const tag = this.varint(end)
    if (this.high !== 0 || this.at - start > MAX_TAG_BYTES)
      throw new WireError('a field number is beyond 2^29', start)
    if (tag < 8) throw new WireError('a field has number 0', start)
    return tag
  }

  /** The lower half of a varint, unsigned; `high` is the other one. */
  varint(end: number): number {
    const at = this.at
    if (at < end) {
      const byte = this.bytes[at] as number
      if (byte < 0x80) {
        this.at = at + 1
        this.high = 0
        return byte
      }
    }
    return this.#longVarint(end)
  }

  #longVarint(end: number): number {
    const start = this.at
    let low = 0
    let high = 0
    for (let index = 0, at = start; index < MAX_VARINT_BYTES; index++, at++) {
      if (at >= end) throw new WireError('a number is cut off', start)
      const byte = this.bytes[at] as number
      const bits = byte & 0x7f
      if (index < 4) low |= bits << (7 * index)
      else if (index > 4) high |= bits << (7 * index - 32)
      else {
        low |= bits << 28
        high = bits >>> 4
      }
      if (byte < 0x80) {
        this.at = at + 1
        this.high = high >>> 0
        return low >>> 0
      }
    }
    throw new WireError('a number has more than ten bytes', start)
  }

  bool(end: number): boolean {
    return (this.varint(end) | this.high) !== 0
  }

  /** Reads the length of a text, of bytes or of a message, and returns where it ends. */
  endOfNext(end: number): number {
    const start = this.at
    const length = this.varint(end)
    const to = this.at + length
    if (to > end || this.high !== 0)
      throw new WireError('a length goes beyond the end of its message', start)
    return to
  }

  /** Moves on by the size of a number with four or eight bytes, and returns where it is. */
  fixed(size: 4 | 8, end: number): number {
    const at = this.at
    if (at + size > end) throw new WireError('a number is cut off', at)
    this.at = at + size
    return at
  }

  fixed32(end: number): number {
    return this.view.getUint32(this.fixed(4, end), LITTLE_ENDIAN)
  }

  double(end: number): number {
    return this.view.getFloat64(this.fixed(8, end), LITTLE_ENDIAN)
  }

  /** The lower half of a number with eight bytes, unsigned; `high` is the other one. */
  fixed64(end: number): number {
    const at = this.fixed(8, end)
    this.high = this.view.getUint32(at + 4, LITTLE_ENDIAN)
    return this.view.getUint32(at, LITTLE_ENDIAN)
  }

  /** What is not valid UTF-8 becomes U+FFFD. */
  text(end: number): string {
    const to = this.endOfNext(end)
    const text = texts.read(this.bytes, this.view, this.at, to)
    this.at = to
    return text
  }

  hex(end: number): string {
    const to = this.endOfNext(end)
    const text = ids.read(this.bytes, this.view, this.at, to)
    this.at = to
    return text
  }

  /** A copy: a part of the request would keep all of it in memory. */
  copy(end: number): Uint8Array {
    const to = this.endOfNext(end)
    const bytes = new Uint8Array(this.bytes.subarray(this.at, to))
    this.at = to
    return bytes
  }

  /** Skips a field whose tag has been read: an unknown one, or a known one of another wire type. */
  skip(tag: number, end: number, groups = 0): void {
    switch (tag & 7) {
      case 0:
        this.varint(end)
        break
      case 1:
        this.fixed(8, end)
        break
      case 2:
        this.at = this.endOfNext(end)
        break
      case 3:
        this.#skipGroup(tag, end, groups)
        break
      case 5:
        this.fixed(4, end)
        break
      default:
        throw new WireError(`a field has wire type ${tag & 7}`, this.at)
    }
  }

  #skipGroup(start: number, end: number, groups: number): void {
    if (groups === MAX_GROUPS) throw new WireError('groups are nested too deep', this.at)
    for (;;) {
      if (this.at >= end) throw new WireError('a group has no end', this.at)
      const tag = this.tag(end)
      if (tag === start + 1) return
      this.skip(tag, end, groups + 1)
    }
  }
}
