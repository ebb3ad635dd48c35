import { expect, test } from 'vitest'
import { MAX_LINE_BYTES, newLineReader } from '../../src/k6/lines.js'

function linesOf(chunks: readonly Uint8Array[]) {
  const lines: string[] = []
  let tooLong = 0
  const reader = newLineReader(
    (line) => lines.push(line),
    () => tooLong++,
  )
  for (const chunk of chunks) {
    reader.take(chunk)
    chunk.fill(0x58) // the stream uses its memory again
  }
  reader.end()
  return { lines, tooLong }
}

test('a text is the same lines however it is cut into chunks', () => {
  const bytes = Buffer.from('{"a":"ä🦊"}\r\n\n  text\nlast')
  for (let size = 1; size <= bytes.length; size++) {
    const chunks = []
    for (let at = 0; at < bytes.length; at += size)
      chunks.push(Buffer.from(bytes.subarray(at, at + size)))
    expect(linesOf(chunks)).toEqual({ lines: ['{"a":"ä🦊"}', '', '  text', 'last'], tooLong: 0 })
  }
})

test('a line of 1 MiB is read, and a longer one is counted, whatever its length', () => {
  const line = (bytes: number) => Buffer.from(`${'x'.repeat(bytes)}\n`)
  const huge = Array.from({ length: 40 }, () => Buffer.alloc(256 * 1024, 0x79))
  const { lines, tooLong } = linesOf([
    ...[line(MAX_LINE_BYTES), line(MAX_LINE_BYTES + 1), Buffer.from('short\n')],
    ...[...huge, Buffer.from('\nafter')],
  ])
  expect(lines.map((one) => one.length)).toEqual([MAX_LINE_BYTES, 5, 5])
  expect(lines.slice(1)).toEqual(['short', 'after'])
  expect(tooLong).toBe(2)
})
