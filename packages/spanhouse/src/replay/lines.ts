import type { FileHandle } from 'node:fs/promises'

export interface Line {
  readonly text: string
  /** Of its first byte, and of the byte after its line break. */
  readonly at: number
  readonly end: number
}

const CHUNK_BYTES = 256 * 1024
const NEWLINE = 0x0a

/** The lines of a file from an offset on. A last line without a line break is given too: a full disk may have cut it. */
export async function* linesFrom(file: FileHandle, from: number): AsyncGenerator<Line> {
  let at = from
  let position = from
  let pieces: Buffer[] = []
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position)
    position += bytesRead
    let start = 0
    const read = chunk.subarray(0, bytesRead)
    for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE, start)) {
      pieces.push(read.subarray(start, end))
      const bytes = Buffer.concat(pieces)
      yield { text: bytes.toString(), at, end: at + bytes.length + 1 }
      at += bytes.length + 1
      pieces = []
      start = end + 1
    }
    if (start < bytesRead) pieces.push(read.subarray(start))
    if (bytesRead === 0) break
  }
  const rest = Buffer.concat(pieces)
  if (rest.length > 0) yield { text: rest.toString(), at, end: at + rest.length }
}
