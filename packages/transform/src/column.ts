import type { Derived } from './derived.js'
import type { Encoding } from './encoding.js'
import type { Kind } from './kind.js'
import type { ResourceLike, ScopeLike } from './span.js'

/** What of a column stands in a CREATE TABLE. */
export interface ColumnShape {
  /** As it is stored; a part of a nested structure is `events.name`, with an `Array(…)` type. */
  readonly name: string
  /** ClickHouse type text. Decides how values are written. */
  readonly type: string
  /** Inside CODEC(…), e.g. `ZSTD(1)`. Default: the server's. */
  readonly codec?: string | undefined
  /** @internal How values are written, where it is not as the type says. */
  readonly kind?: Kind | undefined
}

/**
 * One column: name, type, and how its value comes from the input.
 * `value` may return anything and may throw: what is no value of the type is written as the type's empty value (or null, if Nullable) and counted.
 */
export type Column<Input> = SpanColumn<Input> | ListColumn<Input> | ResourceColumn | ScopeColumn

interface SpanColumn<Input> extends ColumnShape {
  readonly from?: 'span' | undefined
  /** It follows from another column, which is not derived itself: the server works it out where it can. `value` must say the same. */
  readonly derived?: Derived | undefined
  readonly each?: undefined
  value(input: Input, encoding: Encoding): unknown
}

/** An `Array(…)` column with one element for each item of a list. Neighbouring columns with the same `each` read the list once, so that their lengths agree. */
interface ListColumn<Input> extends ColumnShape {
  readonly from?: 'span' | undefined
  each(input: Input, encoding: Encoding): unknown
  value(item: unknown, encoding: Encoding): unknown
}

/** From `input.resource` alone: encoded once per resource object. */
interface ResourceColumn extends ColumnShape {
  readonly from: 'resource'
  readonly each?: undefined
  value(resource: ResourceLike, encoding: Encoding): unknown
}

/** From `input.instrumentationScope` alone: encoded once per scope object. */
interface ScopeColumn extends ColumnShape {
  readonly from: 'scope'
  readonly each?: undefined
  value(scope: ScopeLike, encoding: Encoding): unknown
}

/** Columns `name.part` of one list, for what ClickHouse calls Nested. */
export function nested<Input, Item>(
  name: string,
  each: (input: Input, encoding: Encoding) => readonly Item[],
  parts: readonly (ColumnShape & { value(item: Item, encoding: Encoding): unknown })[],
): ListColumn<Input>[] {
  return parts.map((part) => ({
    ...part,
    name: `${name}.${part.name}`,
    type: `Array(${part.type})`,
    each,
    value: (item, encoding) => part.value(item as Item, encoding),
  }))
}
