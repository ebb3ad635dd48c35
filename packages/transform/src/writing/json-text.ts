import { type ByteWriter, SHORT } from './byte-writer.js'
import type { Encoding } from './encoding.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const DELETE = 0x7f

const LONGEST_ESCAPE = 6

/** Writes `text` as a JSON string that ClickHouse accepts: cut to the row's room, and well-formed (for a lone surrogate ClickHouse refuses the whole INSERT with code 25). */
export function writeText(text: string, encoding: Encoding): void {
  const fitting = text.length > encoding.room ? cut(text, encoding.room, encoding) : text
  encoding.room -= fitting.length
  const { out } = encoding
  if (fitting.length < SHORT && writeAscii(out, fitting)) return
  out.reserve(3 * fitting.length + 2)
  const start = out.length + 1
  const length = out.bytes.write(fitting, start, 'utf8') // with U+FFFD for a lone surrogate
  if (length !== fitting.length && !fitting.isWellFormed()) encoding.tally.repairedStrings++
  out.bytes[start - 1] = QUOTE
  const end = escapeInPlace(out, start, start + length)
  out.bytes[end] = QUOTE
  out.length = end + 1
}

/** The JSON string as text, for JSON that is itself the value of a column. */
export function jsonText(text: string, encoding: Encoding): string {
  const fitting = cut(text, encoding.room, encoding)
  encoding.room -= fitting.length
  return quoted(fitting, encoding)
}

function quoted(text: string, encoding: Encoding): string {
  const wellFormed = text.toWellFormed()
  if (wellFormed !== text) encoding.tally.repairedStrings++
  const json = JSON.stringify(wellFormed)
  return json.includes('\u2028') || json.includes('\u2029') ? withoutSeparators(json) : json
}

// Go escapes these two characters and JSON.stringify() does not. With the escape, an equal value has the same text as from the Collector.
function withoutSeparators(json: string): string {
  return json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/** Writes text that is ASCII, in quotes; false, with nothing written, if it is not. */
function writeAscii(out: ByteWriter, text: string): boolean {
  const { length } = text
  out.reserve(LONGEST_ESCAPE * length + 2)
  const { bytes } = out
  let at = out.length
  bytes[at++] = QUOTE
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code >= DELETE) return false
    if (code < SPACE || code === QUOTE || code === BACKSLASH) {
      const escaped = ESCAPES[code] as Buffer
      for (let n = 0; n < escaped.length; n++) bytes[at++] = escaped[n] as number
    } else {
      bytes[at++] = code
    }
  }
  bytes[at++] = QUOTE
  out.length = at
  return true
}

// How many bytes the escape of a byte adds: `\\n` one, `\\u0001` five.
const ADDED = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? 0 : JSON.stringify(String.fromCharCode(byte)).length - 3,
)
const ESCAPES = Array.from({ length: 128 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
)

/** Escapes UTF-8 in place. Returns its new end. */
function escapeInPlace(out: ByteWriter, start: number, end: number): number {
  const first = firstEscape(out, start, end)
  if (first === end) return end
  let added = 0
  for (let at = first; at < end; at++) added += ADDED[out.bytes[at] as number] as number
  out.length = end // reserve() copies only what is before `length` to new memory
  out.reserve(added + 1)
  const { bytes } = out
  // Move the bytes from the end, until the rest is already in its place.
  let from = end - 1
  let to = from + added
  while (from < to) {
    const byte = bytes[from--] as number
    if (ADDED[byte] === 0) {
      bytes[to--] = byte
    } else {
      const text = ESCAPES[byte] as Buffer
      for (let index = text.length - 1; index >= 0; index--) bytes[to--] = text[index] as number
    }
  }
  return end + added
}

/** The position of the first byte that needs an escape, or up to three bytes before it; `end` if there is none. Checks four bytes at a time: the mask has a high bit set if any of them is a quote, a backslash or below space. */
function firstEscape({ bytes, words }: ByteWriter, start: number, end: number): number {
  let at = start
  for (; (at & 3) !== 0 && at < end; at++) if (ADDED[bytes[at] as number] !== 0) return at
  for (; at + 4 <= end; at += 4) {
    const four = words[at >> 2] as number
    const quote = four ^ 0x22222222
    const backslash = four ^ 0x5c5c5c5c
    const found =
      ((quote - 0x01010101) & ~quote) |
      ((backslash - 0x01010101) & ~backslash) |
      ((four - 0x20202020) & ~four)
    if ((found & 0x80808080) !== 0) return at
  }
  for (; at < end; at++) if (ADDED[bytes[at] as number] !== 0) return at
  return end
}

/** At most `length` code units of `text`; if some are missing, the last one is `…`. Never splits a surrogate pair. */
export function cut(text: string, length: number, encoding: Encoding): string {
  if (text.length <= length) return text
  encoding.tally.truncatedValues++
  if (length < 1) return ''
  const end = length - 1
  const splitsPair = end > 0 && isHighSurrogate(text.charCodeAt(end - 1))
  return `${text.slice(0, splitsPair ? end - 1 : end)}…`
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
