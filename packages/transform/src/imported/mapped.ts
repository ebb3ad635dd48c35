import type { ColumnDefinition } from '../declared/definition.js'
import type { FieldNames, Records, Signal } from '../declared/fields.js'
import { defineTable } from '../table/table.js'
import { kindOf } from '../types/kind-of.js'
import type { TimeUnit } from '../values/in-unit.js'
import { conventionFor } from './conventions.js'
import type { DescribedColumn } from './description.js'
import { fitOf } from './fit.js'
import { type Held, heldBy } from './held.js'
import { codecIn } from './keys.js'
import { type Meaning, meaningsOf } from './spellings.js'
import { withoutUnit, wordsOf } from './words.js'

export type AnyDefinition = ColumnDefinition<Records[Signal], FieldNames[Signal]>

/** A column that gets a value. */
export interface Mapped {
  readonly column: AnyDefinition
  /** What was assumed, because the name of the column does not say it. */
  readonly guess?: string | undefined
}

/** A column that gets none. */
export interface Unmapped {
  readonly column: string
  readonly type: string
  readonly why: string
  /** Source text of a mapping that may be right. */
  readonly instead?: string | undefined
}

/** The column with the first meaning of its name that its type can hold. */
export function mappedColumn(described: DescribedColumn, signal: Signal): Mapped | Unmapped {
  const { name, type } = described
  const unmapped = (why: string, instead?: string): Unmapped => ({
    column: name,
    type,
    why,
    ...(instead !== undefined && { instead }),
  })
  let held: Held
  const written = writable(type)
  try {
    kindOf(written)
    held = heldBy(written)
  } catch {
    return unmapped('a column of this type cannot be written')
  }
  const words = wordsOf(name)
  const { words: bare, unit } = withoutUnit(words)
  const meanings = [...meaningsOf(words, signal), ...(unit ? meaningsOf(bare, signal) : [])]
  const convention = conventionFor(words, signal) ?? dotted(name, held)
  if (convention) meanings.push(convention)
  let refusal: Unmapped | undefined
  for (const meaning of meanings) {
    const found = asMeant(described, written, held, meaning, unit, signal)
    if ('type' in found) refusal ??= unmapped(found.why, found.instead)
    else return found
  }
  return refusal ?? unmapped(UNKNOWN, suggestionFor(words, held, signal))
}

const UNKNOWN = 'no field and no attribute of OpenTelemetry has this name'

/** Suggests a function for a column that says whether the span failed: no field does. */
function suggestionFor(words: readonly string[], held: Held, signal: Signal): string | undefined {
  const isFlag = held.what === 'bool' || held.what === 'integer'
  const isError = signal === 'traces' && /^(is|has)?(error|failed)$/.test(words.join(''))
  return isFlag && isError ? 'value: (span) => span.status.code === 2' : undefined
}

/** The type as it is written: a Nested column that is not flattened takes a list of objects. */
function writable(type: string): string {
  return type.replace(/^Nested\((.*)\)$/s, 'Array(Tuple($1))')
}

/** A name with a dot is the key of an attribute, unless it names a part of a list: an array, or a name such as `events.…`. */
function dotted(name: string, held: Held): Meaning | undefined {
  const isKey = /^[\w-]+(\.[\w-]+)+$/.test(name)
  const isPart = held.what === 'list' || /^(events|links|exemplars|quantiles)\./i.test(name)
  return isKey && !isPart ? { attribute: name } : undefined
}

function asMeant(
  { name, compression_codec }: DescribedColumn,
  type: string,
  held: Held,
  meaning: Meaning,
  unit: TimeUnit | undefined,
  signal: Signal,
): Mapped | Unmapped {
  const fit = 'field' in meaning ? fitOf(meaning.field, held, unit) : fitOfAttribute(held)
  if ('why' in fit) return { column: name, type, ...fit }
  const column = {
    name,
    type,
    ...codecIn(compression_codec),
    ...meaning,
    ...(fit.unit !== undefined && { unit: fit.unit }),
  } as AnyDefinition
  const problem = problemOf(column, signal)
  if (problem !== undefined) return { column: name, type, why: problem }
  return { column, ...(fit.guess !== undefined && { guess: fit.guess }) }
}

/** An attribute is mapped to any type but these: a Map of texts is for all attributes of a record, no attribute is a tuple, and of other types we know too little. */
function fitOfAttribute(
  held: Held,
): { readonly unit?: never; readonly guess?: never } | { readonly why: string } {
  return held.what === 'texts by text' || held.what === 'tuple' || held.what === 'other'
    ? { why: 'an attribute is not mapped to this type' }
    : {}
}

function problemOf(column: AnyDefinition, signal: Signal): string | undefined {
  try {
    defineTable<never>({ name: 't', orderBy: 'tuple()', signal, columns: [column] as never })
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
