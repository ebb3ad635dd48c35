import { type Kind, writeAs } from '../types/kind.js'
import { kindOf } from '../types/kind-of.js'
import { text } from '../types/text.js'
import { itemsOf } from '../values/list.js'
import { memberKey, memberPiece, type Piece, pieceOf } from '../writing/byte-writer.js'
import type { Encoding } from '../writing/encoding.js'
import { RecentTexts } from '../writing/recent-texts.js'
import type { AnyColumn } from './column.js'
import { isKeyed, keyedMap } from './keyed-map.js'
import { type Missing, missingOf } from './missing.js'

const COMMA = 0x2c
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]

/** Writes neighbouring members of a row's JSON object, each with a comma before it. */
export type Members = (source: unknown, encoding: Encoding) => void

/** Neighbouring columns. */
export type Run = readonly [AnyColumn, ...AnyColumn[]]

/** The name under which a column is written. */
export type NameOf = (column: AnyColumn) => string

/** The writer of one column, or of neighbours that share a list. */
export function membersOf(run: Run, nameOf: NameOf): Members {
  return run[0].each ? listMembers(run, nameOf) : columnMember(run[0], nameOf)
}

function columnMember(column: AnyColumn, nameOf: NameOf): Members {
  const kind = column.kind ?? kindOfColumn(column.name, column.type)
  const name = nameOf(column)
  const key = memberPiece(name)
  const empty = Buffer.from(kind.empty)
  const read = readerOf(column)
  const missing = missingOf(column, kind)
  if (missing) return defaulted(key, kind, read, missing)
  const write = (value: unknown, encoding: Encoding): void => {
    const { out, sparse } = encoding
    if (sparse && (value === undefined || value === null)) return
    const start = out.length
    out.piece(key)
    writeAs(kind, value, encoding)
    const length = out.length - start - key.length
    if (sparse && length === empty.length && out.endsWith(empty)) out.length = start
  }
  if (kind === text) {
    const texts = new RecentTexts()
    return (source, encoding) => {
      const value = read(source, encoding)
      if (typeof value === 'string' && value !== '') {
        encoding.out.piece(key)
        texts.write(value, encoding)
      } else {
        write(value, encoding)
      }
    }
  }
  if (isKeyed(column)) {
    const writeKeyed = keyedMap(name)
    return (source, encoding) => {
      const value = read(source, encoding)
      if (!writeKeyed(value, encoding)) write(value, encoding)
    }
  }
  return (source, encoding) => write(read(source, encoding), encoding)
}

/** Never left out of sparse rows for being the type's default: this column has another. */
function defaulted(
  key: Piece,
  kind: Kind,
  read: (source: unknown, encoding: Encoding) => unknown,
  { json }: Missing,
): Members {
  return (source, encoding) => {
    const { out, tally } = encoding
    const start = out.length
    const value = read(source, encoding)
    if (value !== undefined && value !== null) {
      out.piece(key)
      try {
        if (kind.write(value, encoding)) return
      } catch {
        // The value has a getter or a Proxy trap that throws.
      }
      out.length = start
      tally.unreadableValues++
    }
    if (json === undefined) return
    out.piece(key)
    out.text(json)
  }
}

/** Reads the list once for all its columns: ClickHouse refuses a row in which the parts of one Nested structure differ in length. */
function listMembers(run: Run, nameOf: NameOf): Members {
  const columns = run.map((column) => ({
    key: memberPiece(nameOf(column)),
    kind: elementKind(column),
    read: readerOf(column),
  }))
  const empty = pieceOf(run.map((column) => `${memberKey(nameOf(column))}[]`).join(''))
  return (source, encoding) => {
    const { out, sparse } = encoding
    const items = listOf(run[0], source, encoding)
    if (items.length === 0) {
      if (!sparse) out.piece(empty)
      return
    }
    for (const { key, kind, read } of columns) {
      out.piece(key)
      out.byte(OPEN_LIST)
      for (let index = 0; index < items.length; index++) {
        if (index > 0) out.byte(COMMA)
        writeAs(kind, read(items[index], encoding), encoding)
      }
      out.byte(CLOSE_LIST)
    }
  }
}

function listOf(column: AnyColumn, source: unknown, encoding: Encoding): readonly unknown[] {
  try {
    return itemsOf(column.each?.(source, encoding), encoding)
  } catch {
    encoding.tally.unreadableValues++
    return []
  }
}

function readerOf(column: AnyColumn): (source: unknown, encoding: Encoding) => unknown {
  const { value } = column
  return (source, encoding) => {
    try {
      return value.call(column, source, encoding)
    } catch {
      encoding.tally.unreadableValues++
      return undefined
    }
  }
}

function elementKind(column: AnyColumn): Kind {
  const [, element] = /^\s*Array\s*\((.*)\)\s*$/s.exec(column.type) ?? []
  if (element === undefined)
    throw new TypeError(
      `column ${column.name}: with each its type must be Array(…), not ${column.type}`,
    )
  return column.kind ?? kindOfColumn(column.name, element)
}

/** Throws a TypeError that names the column for a type that cannot be written. */
export function kindOfColumn(name: string, type: string): Kind {
  try {
    return kindOf(type)
  } catch (cause) {
    throw new TypeError(`column ${name}: ${(cause as Error).message}`, { cause })
  }
}
