import { type Kind, writeAs } from '../types/kind.js'
import { kindOf } from '../types/kind-of.js'
import { itemsOf } from '../values/list.js'
import { memberKey, memberPiece, type Piece, pieceOf } from '../writing/byte-writer.js'
import type { Encoding } from '../writing/encoding.js'
import { RecentTexts } from '../writing/recent-texts.js'
import type { AnyColumn } from './column.js'
import { isKeyed, keyedMap } from './keyed-map.js'
import { type Missing, missingOf } from './missing.js'
import { type Members, type Step, writeElement } from './step.js'

const COMMA = 0x2c
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d]

/** Neighbouring columns. */
export type Run = readonly [AnyColumn, ...AnyColumn[]]

/** The name under which a column is written. */
export type NameOf = (column: AnyColumn) => string

/** The writer of one column, or of neighbours that share a list. */
export function memberOf(run: Run, nameOf: NameOf): Step | Members {
  return run[0].each ? listMembers(run, nameOf) : stepOf(run[0], nameOf)
}

function stepOf(column: AnyColumn, nameOf: NameOf): Step {
  const kind = column.kind ?? kindOfColumn(column.name, column.type)
  const key = memberPiece(nameOf(column))
  const missing = missingOf(column, kind)
  return {
    column,
    key,
    form: missing ? undefined : kind.form,
    texts: new RecentTexts(),
    write: missing
      ? defaulted(key, kind, missing)
      : isKeyed(column)
        ? keyed(nameOf(column), anyValue(key, kind))
        : anyValue(key, kind),
  }
}

function anyValue(key: Piece, kind: Kind): Step['write'] {
  const empty = Buffer.from(kind.empty)
  return (value, encoding) => {
    const { out, sparse } = encoding
    if (sparse && (value === undefined || value === null)) return
    const start = out.length
    out.piece(key)
    writeAs(kind, value, encoding)
    const length = out.length - start - key.length
    if (sparse && length === empty.length && out.endsWith(empty)) out.length = start
  }
}

function keyed(name: string, write: Step['write']): Step['write'] {
  const writeKeyed = keyedMap(name)
  return (value, encoding) => {
    if (!writeKeyed(value, encoding)) write(value, encoding)
  }
}

/** Never left out of sparse rows for being the type's default: this column has another. */
function defaulted(key: Piece, kind: Kind, { json }: Missing): Step['write'] {
  return (value, encoding) => {
    const { out, tally } = encoding
    const start = out.length
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
  const steps = run.map((column): Step => {
    const kind = elementKind(column)
    return {
      column,
      key: memberPiece(nameOf(column)),
      form: kind.form,
      texts: new RecentTexts(),
      write: (value, encoding) => writeAs(kind, value, encoding),
    }
  })
  const empty = pieceOf(run.map((column) => `${memberKey(nameOf(column))}[]`).join(''))
  return (source, encoding) => {
    const { out, sparse } = encoding
    const items = listOf(run[0], source, encoding)
    if (items.length === 0) {
      if (!sparse) out.piece(empty)
      return
    }
    for (const step of steps) {
      out.piece(step.key)
      out.byte(OPEN_LIST)
      for (let index = 0; index < items.length; index++) {
        if (index > 0) out.byte(COMMA)
        writeElement(step, items[index], encoding)
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
