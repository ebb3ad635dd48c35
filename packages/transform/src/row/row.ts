import type { ResourceLike, ScopeLike } from '../values/resource.js'
import { pieceOf } from '../writing/byte-writer.js'
import { type Encoding, newEncoding } from '../writing/encoding.js'
import { addTally, isZero } from '../writing/tally.js'
import { type AnyColumn, type Column, originOf, type Shared } from './column.js'
import { memberOf, type NameOf, type Run } from './member.js'
import { oncePerObject } from './once-per-object.js'
import { joined, type Members, type Step } from './step.js'

const OPEN = 0x7b
const CLOSE = 0x7d

/** A writer of rows: one JSON object with the columns in order, under the names that `nameOf` gives. Use it always with sparse encodings or never, because the members of a resource, scope or metric are remembered in one form. */
export function rowWriter<Input>(
  columns: readonly Column<Input>[],
  nameOf: NameOf = ({ name }) => name,
): (input: Input, encoding: Encoding) => void {
  const runs = runsOf(columns as readonly AnyColumn[], (a, b) => originOf(a) === originOf(b))
  const members = joined(runs.flatMap((run) => membersOfOrigin(run, nameOf)))
  return (input, encoding) => {
    const { out } = encoding
    const start = out.length
    members(input, encoding)
    if (out.length === start) out.byte(OPEN)
    else out.bytes[start] = OPEN // in place of the first comma
    out.byte(CLOSE)
  }
}

function membersOfOrigin(run: Run, nameOf: NameOf): (Step | Members)[] {
  const members = runsOf(run, (a, b) => a.only === b.only).flatMap((part) => {
    const lists = runsOf(part, (a, b) => a.each !== undefined && a.each === b.each)
    return guarded(
      part[0],
      lists.map((list) => memberOf(list, nameOf)),
    )
  })
  const origin = originOf(run[0])
  return origin === 'record' ? members : [shared(SOURCES[origin], joined(members))]
}

/** Sparse rows leave out members whose condition does not hold. */
function guarded(
  { only }: AnyColumn,
  members: readonly (Step | Members)[],
): readonly (Step | Members)[] {
  if (!only) return members
  const write = joined(members)
  return [
    (source, encoding) => {
      if (!encoding.sparse || mayHold(only, source)) write(source, encoding)
    },
  ]
}

function mayHold(condition: (input: never) => boolean, source: unknown): boolean {
  try {
    return condition(source as never)
  } catch {
    return true
  }
}

/** Members that are encoded once per resource, scope or metric; alterations are counted for every row. */
function shared(sourceOf: (input: unknown) => object, write: Members): Members {
  const encodedOf = oncePerObject(sourceOf, (source, { sparse }) => {
    const encoding = newEncoding({ sparse }) // the limits and the room of a row do not apply to values that all rows share
    write(source, encoding)
    const tally = isZero(encoding.tally) ? undefined : encoding.tally
    return { members: pieceOf(encoding.out.toString()), tally }
  })
  return (input, encoding) => {
    const { members, tally } = encodedOf(input, encoding)
    if (tally) addTally(encoding.tally, tally)
    encoding.out.piece(members)
  }
}

const NO_RESOURCE: ResourceLike = { attributes: {} }
const NO_SCOPE: ScopeLike = { name: '' }
const NO_METRIC = {}

const SOURCES: Readonly<Record<Shared, (input: unknown) => object>> = {
  resource: resourceOf,
  scope: (input) =>
    objectOr((input as { instrumentationScope?: unknown }).instrumentationScope, NO_SCOPE),
  metric: (input) => objectOr((input as { metric?: unknown }).metric, NO_METRIC),
}

export function resourceOf(input: unknown): object {
  return objectOr((input as { resource?: unknown }).resource, NO_RESOURCE)
}

function objectOr(value: unknown, otherwise: object): object {
  return typeof value === 'object' && value !== null ? value : otherwise
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
