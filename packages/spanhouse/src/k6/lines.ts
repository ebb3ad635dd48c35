/** Longer lines are left out. A sample of k6 has a few hundred bytes. */
export const MAX_LINE_BYTES: number = 1024 * 1024

const NEWLINE = 0x0a

export interface LineReader {
  take(chunk: Uint8Array): void
  /** The last line may have no newline. */
  end(): void
}

/** Divides bytes into lines, without their ends. Never holds more than one line of `MAX_LINE_BYTES`. */
export function newLineReader(onLine: (line: string) => void, onTooLong: () => void): LineReader {
  let begun: Buffer[] = []
  let begunBytes = 0
  let isTooLong = false

  function add(piece: Buffer): void {
    if (isTooLong || piece.length === 0) return
    begunBytes += piece.length
    isTooLong = begunBytes > MAX_LINE_BYTES
    if (isTooLong) begun = []
    else begun.push(piece)
  }

  function close(): void {
    if (isTooLong) onTooLong()
    else onLine(textOf(begun))
    begun = []
    begunBytes = 0
    isTooLong = false
  }

  return {
    take(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      let start = 0
      for (;;) {
        const end = bytes.indexOf(NEWLINE, start)
        if (end < 0) break
        add(bytes.subarray(start, end))
        close()
        start = end + 1
      }
      // A copy: the stream may use the memory of the chunk again.
      add(Buffer.from(bytes.subarray(start)))
    },
    end() {
      if (begunBytes > 0) close()
    },
  }
}

function textOf(pieces: readonly Buffer[]): string {
  const [first] = pieces
  const bytes = pieces.length === 1 && first ? first : Buffer.concat(pieces)
  return bytes.toString('utf8').replace(/\r$/, '')
}
