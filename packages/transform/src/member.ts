import type { ColumnShape } from './column.js'
import type { Encoding } from './encoding.js'
import { wellFormed } from './json-text.js'
import { type Kind, kindOf, writeAs } from './kind.js'
import { itemsOf } from './list.js'

/** Writes neighbouring members of a row's JSON object, without the braces. */
export type Members = (source: unknown, encoding: Encoding) => string

/** A column whatever it reads from. */
export interface AnyColumn extends ColumnShape {
  readonly from?: 'span' | 'resource' | 'scope' | undefined
  each?(source: unknown, encoding: Encoding): unknown
  value(source: unknown, encoding: Encoding): unknown
}

export type Run = readonly [AnyColumn, ...AnyColumn[]]

/** The writer of one column, or of neighbours that share a list. */
export function membersOf(run: Run): Members {
  return run[0].each ? listMembers(run) : plainMember(run[0])
}

function plainMember(column: AnyColumn): Members {
  const key = keyOf(column)
  const kind = kindOfColumn(column, column.type)
  return (source, encoding) => key + writeAs(kind, readValue(column, source, encoding), encoding)
}

/** The list is read once for all its columns: ClickHouse refuses a row whose parts of one structure differ in length. */
function listMembers(run: Run): Members {
  const columns = run.map((column) => ({ column, key: keyOf(column), kind: elementKind(column) }))
  return (source, encoding) => {
    const items = listOf(run[0], source, encoding)
    return columns
      .map(({ column, key, kind }) => {
        const elements = items.map((item) =>
          writeAs(kind, readValue(column, item, encoding), encoding),
        )
        return `${key}[${elements.join(',')}]`
      })
      .join(',')
  }
}

function listOf(column: AnyColumn, source: unknown, encoding: Encoding): unknown[] {
  try {
    return itemsOf(column.each?.(source, encoding), encoding)
  } catch {
    encoding.tally.unreadableValues++
    return []
  }
}

function readValue(column: AnyColumn, source: unknown, encoding: Encoding): unknown {
  try {
    return column.value(source, encoding)
  } catch {
    encoding.tally.unreadableValues++
    return undefined
  }
}

function elementKind(column: AnyColumn): Kind {
  const [, element] = /^\s*Array\s*\((.*)\)\s*$/s.exec(column.type) ?? []
  if (element === undefined)
    throw new TypeError(
      `column ${column.name}: with each its type must be Array(…), not ${column.type}`,
    )
  return kindOfColumn(column, element)
}

function kindOfColumn(column: AnyColumn, type: string): Kind {
  try {
    return kindOf(type)
  } catch (cause) {
    throw new TypeError(`column ${column.name}: ${(cause as Error).message}`, { cause })
  }
}

function keyOf(column: AnyColumn): string {
  return `${JSON.stringify(wellFormed(column.name))}:`
}
