import { brotliDecompressSync, constants, unzipSync } from 'node:zlib'

export const HEAD_BYTES: number = 48 * 1024
const TAIL_BYTES = 16 * 1024
/** Stands for what is left out between the two. */
const GAP = '\n[…]\n'
// ClickHouse quotes values in its exceptions, and a row may have 8 MiB by default.
const MAX_INFLATED_BYTES = 16 * 1024 * 1024
const MAX_COMPRESSED_BYTES = 4 * 1024 * 1024

/**
 * What is kept of the body of a reply: its beginning, which says what failed, and its end. What ClickHouse adds at the end of an exception, such as
 * the view that failed, decides what an INSERT has stored, and comes after values of any length.
 */
export class ReplyBody {
  readonly #encoding: string | undefined
  readonly #headBytes: number
  readonly #head: Buffer[] = []
  #room: number
  #tail: Buffer = Buffer.alloc(0)
  #bytesAfterHead = 0

  /** Some proxies compress replies although the request does not ask for it. */
  constructor(encoding: string | undefined, headBytes: number = HEAD_BYTES) {
    this.#encoding = encoding?.trim().toLowerCase()
    this.#headBytes = headBytes
    this.#room = isCompressed(this.#encoding) ? MAX_COMPRESSED_BYTES : headBytes
  }

  add(chunk: Buffer): void {
    if (this.#room > 0) this.#head.push(chunk.subarray(0, this.#room))
    const rest = chunk.subarray(this.#room)
    this.#room -= chunk.length - rest.length
    this.#bytesAfterHead += rest.length
    if (rest.length > 0) this.#tail = Buffer.concat([this.#tail, rest]).subarray(-TAIL_BYTES)
  }

  /** `isCut`: its end is missing. */
  read(): { body: string; isCut: boolean } {
    const head = Buffer.concat(this.#head)
    if (!isCompressed(this.#encoding)) return { body: this.#joined(head), isCut: false }
    try {
      const isCut = this.#bytesAfterHead > 0
      return { body: shortened(inflated(head, this.#encoding), this.#headBytes), isCut }
    } catch {
      return { body: shortened(head, this.#headBytes), isCut: true }
    }
  }

  #joined(head: Buffer): string {
    if (this.#bytesAfterHead > TAIL_BYTES) return [head, GAP, this.#tail].join('')
    return Buffer.concat([head, this.#tail]).toString()
  }
}

function shortened(bytes: Buffer, headBytes: number): string {
  if (bytes.length <= headBytes + TAIL_BYTES) return bytes.toString()
  return [bytes.subarray(0, headBytes), GAP, bytes.subarray(-TAIL_BYTES)].join('')
}

function isCompressed(encoding: string | undefined): boolean {
  return encoding === 'br' || isZip(encoding)
}

function isZip(encoding: string | undefined): boolean {
  return encoding === 'gzip' || encoding === 'x-gzip' || encoding === 'deflate'
}

/** Throws if it is longer than what we inflate. */
function inflated(bytes: Buffer, encoding: string | undefined): Buffer {
  const maxOutputLength = MAX_INFLATED_BYTES
  return isZip(encoding)
    ? unzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH }) // the end may be cut off
    : brotliDecompressSync(bytes, {
        maxOutputLength,
        finishFlush: constants.BROTLI_OPERATION_FLUSH,
      })
}
