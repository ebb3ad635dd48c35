import type { ColumnShape } from '../sql/ddl.js'

/** What `toRow` gives for a column of a type. Integers from 64 bits on, decimals, dates and times are texts. */
export type ValueOf<Type extends string> = string extends Type
  ? unknown
  : Type extends `Nullable(${infer Inner})`
    ? ValueOf<Inner> | null
    : Type extends `LowCardinality(${infer Inner})`
      ? ValueOf<Inner>
      : Type extends `Array(${infer Inner})`
        ? ValueOf<Inner>[]
        : Type extends `Map(${string}, ${infer Inner})`
          ? Record<string, ValueOf<Inner>>
          : Type extends `SimpleAggregateFunction(${string}, ${infer Inner})`
            ? ValueOf<Inner>
            : ScalarOf<Type>

type ScalarOf<Type extends string> = Type extends 'Bool'
  ? boolean
  : Type extends `${'Int' | 'UInt'}${8 | 16 | 32}` | `Float${32 | 64}` | 'BFloat16'
    ? number
    : Type extends `JSON${string}`
      ? Record<string, unknown>
      : Type extends `Tuple(${string}`
        ? unknown[] | Record<string, unknown>
        : Type extends 'Dynamic' | `Variant(${string}`
          ? unknown
          : string

/** The row that columns make. A column whose default is an expression may be missing: the server computes it. A Nested column is not in the type. */
export type RowOfColumns<Columns extends readonly ColumnShape[]> = {
  [Column in Columns[number] as Column['type'] extends `Nested(${string}`
    ? never
    : Column['name']]: ValueOf<Column['type']>
}
