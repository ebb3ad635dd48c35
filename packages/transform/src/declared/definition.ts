import type { Column } from '../row/column.js'
import type { ColumnShape } from '../sql/ddl.js'
import type { TimeUnit } from '../values/in-unit.js'

/** A column of a definition. Exactly one of `attribute`, `resource`, `scope`, `field` and `value` says where its value comes from. */
export type ColumnDefinition<Input, Field extends string = string> =
  | (Column<Input> & NoNames)
  | AttributeColumn
  | ResourceAttributeColumn
  | ScopeNameColumn
  | FieldColumn<Field>

interface NoNames {
  readonly attribute?: undefined
  readonly resource?: undefined
  readonly scope?: undefined
  readonly field?: undefined
}

interface NoFunctions {
  readonly from?: undefined
  readonly each?: undefined
  readonly value?: undefined
}

/** The value of an attribute of the record. */
export interface AttributeColumn extends ColumnShape, Omit<NoNames, 'attribute'>, NoFunctions {
  /** Its key; of several keys the first that the record has, for names that have changed. */
  readonly attribute: string | readonly string[]
}

/** The value of an attribute of the resource. */
export interface ResourceAttributeColumn
  extends ColumnShape,
    Omit<NoNames, 'resource'>,
    NoFunctions {
  /** As `attribute`. */
  readonly resource: string | readonly string[]
}

/** A part of the instrumentation scope. */
export interface ScopeNameColumn extends ColumnShape, Omit<NoNames, 'scope'>, NoFunctions {
  /** `name`, `version`, `schemaUrl`, or the key of an attribute of the scope. */
  readonly scope: string
}

/** A field of the record. */
export interface FieldColumn<Field extends string = string>
  extends ColumnShape,
    Omit<NoNames, 'field'>,
    NoFunctions {
  /**
   * Such as `name`, `kind`, `timestamp` or `duration` of a span. Log records and data points have the same names for what they have too. Of a
   * list, also one part of its items: `events.name`, in a column `Array(…)`.
   */
  readonly field: Field
  /** What a column of numbers counts if the field is a time or a duration. Default: `ns`. */
  readonly unit?: TimeUnit | undefined
}
