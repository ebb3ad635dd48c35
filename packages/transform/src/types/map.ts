import { MEMBERS, writeOrdinary } from '../attributes/ordinary.js'
import { AttributeSource, readAttributes, readSource } from '../attributes/source.js'
import { mapEntries } from '../values/native.js'
import type { Encoding } from '../writing/encoding.js'
import { writeText } from '../writing/json-text.js'
import { type Kind, writeAs } from './kind.js'
import { attributeText } from './text.js'

const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/** Limits apply to a plain object, which is read as attributes; a JavaScript Map is written without limits. */
export function map(element: Kind): Kind {
  return {
    empty: '{}',
    write(value, encoding) {
      if (value instanceof Map) return writeEntries(element, value, encoding)
      const isOurs = value instanceof AttributeSource
      const source = isOurs ? value : new AttributeSource(value)
      if (element === attributeText && writeOrdinary(source, encoding, MEMBERS)) return true
      const read = isOurs ? readSource(source, encoding) : readAttributes(value, encoding)
      return writeEntries(element, read, encoding)
    },
  }
}

function writeEntries(element: Kind, given: Map<unknown, unknown>, encoding: Encoding): true {
  const { out, tally } = encoding
  const entries = distinct(mapEntries(given))
  out.byte(OPEN)
  let written = 0
  for (const [key, item] of entries) {
    if (encoding.room <= 0) {
      tally.droppedAttributes += entries.length - written
      break
    }
    if (written++ > 0) out.byte(COMMA)
    writeText(key, encoding)
    out.byte(COLON)
    writeAs(element, item, encoding)
  }
  out.byte(CLOSE)
  return true
}

/** Entries with their keys as stored. ClickHouse keeps duplicate keys, so if keys become equal, only the last entry stays. */
function distinct(entries: [unknown, unknown][]): [string, unknown][] {
  if (entries.every(([key]) => typeof key === 'string' && key.toWellFormed() === key)) {
    return entries as [string, unknown][]
  }
  return [...new Map(entries.map(([key, value]) => [String(key).toWellFormed(), value]))]
}
