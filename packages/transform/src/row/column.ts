import type { ColumnShape } from '../sql/ddl.js'
import type { Kind } from '../types/kind.js'
import type { MetricLike } from '../values/metric.js'
import type { ResourceLike, ScopeLike } from '../values/resource.js'
import type { Encoding } from '../writing/encoding.js'
import type { Derived } from './derived.js'

/**
 * One column: its name, its type, and how its value comes from the input.
 * `value` may return anything and may throw: a value that is not of the type is written as the type's empty value (or null, if Nullable) and counted.
 */
export type Column<Input> =
  | RecordColumn<Input>
  | ListColumn<Input>
  | ResourceColumn
  | ScopeColumn
  | MetricColumn

interface TypedColumn extends ColumnShape {
  /** @internal How values are written. Default: as the type says. */
  readonly kind?: Kind | undefined
  /** @internal The type under which compact rows are read, if it must hold more than the column does. */
  readonly sentAs?: string | undefined
  /** @internal See `where`. */
  readonly only?: Condition | undefined
}

type Condition = (input: never) => boolean

interface RecordColumn<Input> extends TypedColumn {
  readonly from?: 'record' | undefined
  /** How the value follows from another column, which must not be derived itself. Where possible, the server computes it. `value` must give the same result. */
  readonly derived?: Derived | undefined
  readonly each?: undefined
  value(input: Input, encoding: Encoding): unknown
}

/** An `Array(…)` column with one element for each item of a list. Neighbouring columns with the same `each` read the list once, so their lengths agree. */
interface ListColumn<Input> extends TypedColumn {
  readonly from?: 'record' | undefined
  each(input: Input, encoding: Encoding): unknown
  value(item: unknown, encoding: Encoding): unknown
}

/** From `input.resource` alone: encoded once per resource object. */
interface ResourceColumn extends TypedColumn {
  readonly from: 'resource'
  readonly each?: undefined
  value(resource: ResourceLike, encoding: Encoding): unknown
}

/** From `input.instrumentationScope` alone: encoded once per scope object. */
interface ScopeColumn extends TypedColumn {
  readonly from: 'scope'
  readonly each?: undefined
  value(scope: ScopeLike, encoding: Encoding): unknown
}

/** From `input.metric` alone, of a data point: encoded once per metric object. */
interface MetricColumn extends TypedColumn {
  readonly from: 'metric'
  readonly each?: undefined
  value(metric: MetricLike, encoding: Encoding): unknown
}

/** A column of any input, for code that need not know the input's type. */
export interface AnyColumn extends TypedColumn {
  readonly from?: 'record' | Shared | undefined
  readonly derived?: Derived | undefined
  each?(source: unknown, encoding: Encoding): unknown
  value(source: unknown, encoding: Encoding): unknown
}

/** What many records have in common. */
export type Shared = 'resource' | 'scope' | 'metric'

/** What a column's value is read from. */
export type Origin = 'record' | Shared

export function originOf({ from }: Pick<AnyColumn, 'from'>): Origin {
  return from === 'resource' || from === 'scope' || from === 'metric' ? from : 'record'
}

/** Columns `name.part` of one list: ClickHouse calls this Nested. */
export function nested<Input, Item>(
  name: string,
  each: (input: Input, encoding: Encoding) => readonly Item[],
  parts: readonly (TypedColumn & { value(item: Item, encoding: Encoding): unknown })[],
): ListColumn<Input>[] {
  return parts.map((part) => ({
    ...part,
    name: `${name}.${part.name}`,
    type: `Array(${part.type})`,
    each,
    value: (item, encoding) => part.value(item as Item, encoding),
  }))
}

/**
 * Columns that are empty where a condition does not hold. Sparse rows leave all of them out with one question, instead of reading each
 * only to find nothing. The condition may throw: then the columns are read.
 */
export function where<Input>(
  holds: (input: Input) => boolean,
  columns: readonly Column<Input>[],
): Column<Input>[] {
  const lists = new Map<unknown, AnyColumn['each']>() // neighbours must still have the same `each`
  return (columns as readonly AnyColumn[]).map((column) => {
    const { each, value } = column
    if (each && !lists.has(each))
      lists.set(each, (input, encoding) => (holds(input as Input) ? each(input, encoding) : []))
    const list = lists.get(each)
    return {
      ...column,
      only: holds as Condition,
      ...(list
        ? { each: list }
        : {
            value: (input: unknown, encoding: Encoding) =>
              holds(input as Input) ? value(input, encoding) : undefined,
          }),
    } as Column<Input>
  })
}
