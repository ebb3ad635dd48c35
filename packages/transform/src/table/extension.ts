import type { ColumnDefinition } from '../declared/definition.js'
import type { RowOfColumns, ValueOf } from '../declared/row-type.js'
import type { TableShape } from '../sql/ddl.js'
import type { Promotion } from './promote.js'

/** How a table differs from the one that it is made from. A name with parts, such as `events`, means all of `events.…`. */
export interface Extension<Input>
  extends Partial<
    Pick<TableShape, 'orderBy' | 'partitionBy' | 'ttl' | 'engine' | 'indexes' | 'settings'>
  > {
  /** Default: the names of the table that it is made from. */
  readonly name?: string | undefined
  readonly database?: string | undefined
  /** Columns that come after the others. */
  readonly add?: readonly ColumnDefinition<Input>[] | undefined
  /** New names by the old ones. Keys, indexes and expressions follow. */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /** Types by the names before `rename`. */
  readonly retype?: Readonly<Record<string, string | NewType>> | undefined
  /** Columns left out, with the indexes that are over them. */
  readonly omit?: readonly string[] | undefined
  /** Attributes of the record that get a column of their own. */
  readonly promote?: readonly Promotion[] | undefined
  /** Whether the map of attributes has the promoted ones as well. With false it keeps those that their column cannot hold as they are. Default: true. */
  readonly keepPromoted?: boolean | undefined
}

export interface NewType {
  readonly type: string
  readonly codec?: string | undefined
  readonly default?: string | undefined
}

type Underscored<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Name

type PromotedName<One> = One extends string
  ? Underscored<One>
  : One extends { readonly column: infer Name extends string }
    ? Name
    : One extends { readonly attribute: infer Name extends string }
      ? Underscored<Name>
      : never

type PromotedValue<One> = One extends { readonly type: infer Type extends string }
  ? ValueOf<Type>
  : string

type ItemsOf<List> = List extends readonly (infer Item)[] ? Item : never

type NewValue<To> = To extends string
  ? ValueOf<To>
  : To extends { readonly type: infer Type extends string }
    ? ValueOf<Type>
    : unknown

/** A name, and those of its parts. */
type Under<Name> = Name | `${Name & string}.${string}`

/** The one of these names that a column is meant by: its own, or that of the list that it is a part of. */
type Meant<Name, Names> = Name extends Names
  ? Name
  : Name extends `${infer List}.${string}`
    ? List extends Names
      ? List
      : never
    : never

type NewName<Name, To> = [Meant<Name, keyof To>] extends [never]
  ? Name
  : Name extends keyof To
    ? To[Name] & string
    : Name extends `${infer List}.${infer Part}`
      ? `${To[List & keyof To] & string}.${Part}`
      : Name

/** The row of the table that `extendTable` makes. */
export type ExtendedRow<Row, With> = {
  [Name in keyof Row as Name extends Under<ItemsOf<Member<With, 'omit'>>>
    ? never
    : NewName<Name, Member<With, 'rename'>>]: [Meant<Name, keyof Member<With, 'retype'>>] extends [
    never,
  ]
    ? Row[Name]
    : NewValue<Member<With, 'retype'>[Meant<Name, keyof Member<With, 'retype'>>]>
} & {
  [One in ItemsOf<Member<With, 'promote'>> as PromotedName<One>]: PromotedValue<One>
} & (With extends { readonly add: infer Added extends readonly ColumnDefinition<never>[] }
    ? RowOfColumns<Added>
    : unknown)

type Member<With, Name extends keyof Extension<never>> = Name extends keyof With
  ? With[Name]
  : never
