import { textOf } from '../values/text.js'
import type { Encoding } from '../writing/encoding.js'
import { writeText } from '../writing/json-text.js'
import type { Kind } from './kind.js'

/** A text of at most `bytes` bytes of UTF-8. A longer one is cut before the character that no longer fits, and counted. */
export function fixedString(bytes: number): Kind {
  return {
    empty: '""',
    write(value, encoding) {
      const text = textOf(value, encoding)
      if (text === undefined) return false
      writeText(fitting(text, bytes, encoding), encoding)
      return true
    },
  }
}

function fitting(text: string, bytes: number, encoding: Encoding): string {
  // What is cut because the row has no room left ends in `…`, which may be longer than what it stands for.
  const most = Math.min(bytes, encoding.room)
  if (Buffer.byteLength(text) <= most) return text
  encoding.tally.truncatedValues++
  let length = 0
  let taken = 0
  for (const character of text.slice(0, Math.max(0, most))) {
    taken += Buffer.byteLength(character)
    if (taken > most) break
    length += character.length
  }
  return text.slice(0, length)
}
