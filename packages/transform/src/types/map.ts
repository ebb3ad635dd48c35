import { MEMBERS, writeOrdinary } from '../attributes/ordinary.js'
import { AttributeSource, readAttributes, readSource } from '../attributes/source.js'
import { mapEntries } from '../values/native.js'
import type { Encoding } from '../writing/encoding.js'
import { writeText } from '../writing/json-text.js'
import { type Kind, writeAs } from './kind.js'
import { attributeText } from './text.js'

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Limits apply to a plain object, which is read as attributes; a JavaScript Map is written without limits. `key`: the kind of the keys,
 * unless they are texts; entries whose key cannot be read as that are left out and counted.
 */
export function map(element: Kind, key?: Kind): Kind {
  const writeAll = key ? keyedBy(key) : writeEntries
  const isOfTexts = !key && element === attributeText
  return {
    empty: '{}',
    write(value, encoding) {
      if (value instanceof Map) return writeAll(element, value, encoding)
      const isOurs = value instanceof AttributeSource
      const source = isOurs ? value : new AttributeSource(value)
      if (isOfTexts && writeOrdinary(source, encoding, MEMBERS)) return true
      const read = isOurs ? readSource(source, encoding) : readAttributes(value, encoding)
      return writeAll(element, read, encoding)
    },
  }
}

type Entries = Map<unknown, unknown>

function writeEntries(element: Kind, given: Entries, encoding: Encoding): true {
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

/** If several keys become equal, the first entry stays. */
function keyedBy(key: Kind): (element: Kind, given: Entries, encoding: Encoding) => true {
  return (element, given, encoding) => {
    const { out, tally } = encoding
    const taken = new Set<string>()
    out.byte(OPEN)
    for (const [name, item] of mapEntries(given)) {
      const start = out.length
      if (taken.size > 0) out.byte(COMMA)
      const text = encoding.room > 0 ? writtenKey(key, name, encoding) : undefined
      if (text === undefined || taken.has(text)) {
        out.length = start
        tally.droppedAttributes++
        continue
      }
      taken.add(text)
      out.byte(COLON)
      writeAs(element, item, encoding)
    }
    out.byte(CLOSE)
    return true
  }
}

/** The key in quotes, which members of JSON need, and numbers lack. Undefined if it cannot be read. */
function writtenKey(key: Kind, name: unknown, encoding: Encoding): string | undefined {
  const { out } = encoding
  const start = out.length
  out.byte(QUOTE)
  try {
    if (name === undefined || name === null || !key.write(name, encoding)) return undefined
  } catch {
    return undefined
  }
  const written = out.bytes.toString('utf8', start + 1, out.length)
  if (written.startsWith('"')) {
    out.length = start
    out.text(written)
  } else {
    out.byte(QUOTE)
  }
  return written
}
