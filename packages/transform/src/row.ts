import type { Column } from './column.js'
import type { Encoding } from './encoding.js'
import { type AnyColumn, type Members, membersOf, type Run } from './member.js'
import { oncePerObject } from './once.js'
import type { ResourceLike, ScopeLike } from './span.js'

/** A writer of whole rows: one JSON object with the columns in their order. */
export function rowWriter<Input>(
  columns: readonly Column<Input>[],
): (input: Input, encoding: Encoding) => string {
  const runs = runsOf(columns as readonly AnyColumn[], (a, b) => originOf(a) === originOf(b))
  const members = joined(runs.map(membersOfOrigin))
  return (input, encoding) => `{${members(input, encoding)}}`
}

function membersOfOrigin(run: Run): Members {
  const members = joined(
    runsOf(run, (a, b) => a.each !== undefined && a.each === b.each).map(membersOf),
  )
  switch (originOf(run[0])) {
    case 'resource':
      return oncePerObject(resourceOf, members)
    case 'scope':
      return oncePerObject(scopeOf, members)
    default:
      return members
  }
}

const NO_RESOURCE: ResourceLike = { attributes: {} }
const NO_SCOPE: ScopeLike = { name: '' }

function resourceOf(input: unknown): object {
  return objectOr((input as { resource?: unknown }).resource, NO_RESOURCE)
}

function scopeOf(input: unknown): object {
  return objectOr((input as { instrumentationScope?: unknown }).instrumentationScope, NO_SCOPE)
}

function objectOr(value: unknown, otherwise: object): object {
  return typeof value === 'object' && value !== null ? value : otherwise
}

function originOf(column: AnyColumn): 'span' | 'resource' | 'scope' {
  return column.from ?? 'span'
}

function joined(parts: readonly Members[]): Members {
  return (source, encoding) => {
    let text = ''
    for (const part of parts) text += (text === '' ? '' : ',') + part(source, encoding)
    return text
  }
}

function runsOf(
  columns: readonly AnyColumn[],
  together: (a: AnyColumn, b: AnyColumn) => boolean,
): Run[] {
  const runs: [AnyColumn, ...AnyColumn[]][] = []
  for (const column of columns) {
    const run = runs.at(-1)
    if (run && together(run[0], column)) run.push(column)
    else runs.push([column])
  }
  return runs
}
