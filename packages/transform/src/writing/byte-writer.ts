const FIRST_BYTES = 4096
const LAST_ASCII = 0x7f
/** Shorter text is written faster by a loop in JavaScript than by a native call and a second pass over what it wrote. */
export const SHORT = 48

/** The methods of Buffer that are used here, so that the package's types do not need those of Node. */
interface Bytes extends Uint8Array {
  write(text: string, offset: number, encoding: 'utf8'): number
  toString(encoding?: 'utf8', start?: number, end?: number): string
}

/** Text that is written again and again, encoded once as UTF-8, and kept as doubles so that eight bytes are copied at a time. */
export interface Piece {
  readonly length: number
  readonly doubles: Float64Array
}

// Little-endian on every machine. A NaN would lose its bits when it is copied. Eight bytes of UTF-8 read in this order are never a NaN:
// its last two bytes would be 0xf0 or more, then 0x7f or 0xff, and UTF-8 has no such pair.
const LITTLE_ENDIAN = true
const DOUBLE_BYTES = 8

export function pieceOf(text: string): Piece {
  const utf8 = Buffer.from(text)
  const view = new DataView(new ArrayBuffer(utf8.length + DOUBLE_BYTES))
  for (const [at, byte] of utf8.entries()) view.setUint8(at, byte)
  const doubles = new Float64Array(Math.ceil(utf8.length / DOUBLE_BYTES))
  for (let index = 0; index < doubles.length; index++)
    doubles[index] = view.getFloat64(index * DOUBLE_BYTES, LITTLE_ENDIAN)
  return { length: utf8.length, doubles }
}

/** `,"name":` */
export function memberKey(name: string): string {
  return `,${JSON.stringify(name.toWellFormed())}:`
}

export function memberPiece(name: string): Piece {
  return pieceOf(memberKey(name))
}

/** A buffer that grows at its end. Set `length` back to remove what was written last. */
export class ByteWriter {
  bytes: Bytes
  /** The same memory, four bytes at a time. */
  words: Int32Array
  view: DataView
  length = 0
  /** The length of `bytes`. */
  capacity: number

  constructor(capacity: number = FIRST_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow((Math.max(capacity, FIRST_BYTES) + 3) & ~3)
    this.capacity = this.bytes.length
    this.words = wordsOf(this.bytes)
    this.view = viewOf(this.bytes)
  }

  /** Makes room for `more` bytes. Read `bytes`, `words` and `view` only afterwards: this may replace them. */
  reserve(more: number): void {
    if (this.length + more > this.capacity) grow(this, this.length + more)
  }

  piece({ length, doubles }: Piece): void {
    this.reserve(length + DOUBLE_BYTES)
    const view = this.view
    for (let index = 0, at = this.length; index < doubles.length; index++, at += DOUBLE_BYTES)
      view.setFloat64(at, doubles[index] as number, LITTLE_ENDIAN)
    this.length += length
  }

  byte(code: number): void {
    this.reserve(1)
    this.bytes[this.length++] = code
  }

  /** Text as UTF-8; a lone surrogate becomes U+FFFD. */
  text(text: string): void {
    const { length } = text
    this.reserve(length * 3)
    if (length < SHORT && writeAscii(this, text)) return
    this.length += this.bytes.write(text, this.length, 'utf8')
  }

  endsWith(piece: Uint8Array): boolean {
    for (let at = this.length - piece.length, index = 0; index < piece.length; at++, index++)
      if (this.bytes[at] !== piece[index]) return false
    return true
  }

  toString(): string {
    return this.bytes.toString('utf8', 0, this.length)
  }
}

/** False, with nothing written, for text that is not ASCII. */
function writeAscii(writer: ByteWriter, text: string): boolean {
  const { bytes } = writer
  let at = writer.length
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > LAST_ASCII) return false
    bytes[at++] = code
  }
  writer.length = at
  return true
}

// A function of its own, so that `reserve` is small enough to be inlined.
function grow(writer: ByteWriter, needed: number): void {
  const larger = Buffer.allocUnsafeSlow((Math.max(needed, grown(writer.capacity)) + 3) & ~3)
  larger.set(writer.bytes.subarray(0, writer.length))
  writer.bytes = larger
  writer.capacity = larger.length
  writer.words = wordsOf(larger)
  writer.view = viewOf(larger)
}

/** Doubles a small buffer and adds a quarter to a large one, so that a full batch does not hold twice its size in memory. */
function grown(bytes: number): number {
  return bytes < 1024 * 1024 ? bytes * 2 : Math.ceil(bytes * 1.25)
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length >> 2)
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}
