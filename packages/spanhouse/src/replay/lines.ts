import type { FileHandle } from 'node:fs/promises'

export interface Line {
  /** Undefined if the line is longer than any row may be. */
  readonly text: string | undefined
  /** Of its first byte, and of the byte after its line break. */
  readonly at: number
  readonly end: number
}

const CHUNK_BYTES = 256 * 1024
const MAX_LINE_BYTES = 256 * 1024 * 1024
const NEWLINE = 0x0a

/**
 * The lines of a file from an offset on. A last line without a line break is given too: a full disk may have cut it. At most `maxBytes`
 * of a line are in memory.
 */
export async function* linesFrom(
  file: FileHandle,
  from: number,
  maxBytes: number = MAX_LINE_BYTES,
): AsyncGenerator<Line> {
  let at = from
  let position = from
  let pieces: Buffer[] = []
  let bytes = 0
  const take = (piece: Buffer) => {
    bytes += piece.length
    if (bytes <= maxBytes) pieces.push(piece)
    else pieces = []
  }
  const line = (end: number): Line => {
    const text = bytes <= maxBytes ? Buffer.concat(pieces).toString() : undefined
    const whole = { text, at, end }
    at = end
    pieces = []
    bytes = 0
    return whole
  }
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position)
    let start = 0
    const read = chunk.subarray(0, bytesRead)
    for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE, start)) {
      take(read.subarray(start, end))
      start = end + 1
      yield line(position + start)
    }
    if (start < bytesRead) take(read.subarray(start))
    position += bytesRead
    if (bytesRead === 0) break
  }
  if (bytes > 0) yield line(position)
}
