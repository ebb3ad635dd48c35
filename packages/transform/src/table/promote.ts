import { AttributeSource } from '../attributes/source.js'
import type { ColumnDefinition } from '../declared/definition.js'
import { type AnyColumn, originOf } from '../row/column.js'

/** An attribute of the record that gets a column of its own: its key, or more. */
export type Promotion =
  | string
  | {
      readonly attribute: string
      /** Default: the key with `_` for each character that is neither a letter nor a digit, such as `http_route`. */
      readonly column?: string | undefined
      /** Default: `String`. */
      readonly type?: string | undefined
    }

export function promotedColumn(promotion: Promotion): ColumnDefinition<never> {
  const { attribute, column, type } =
    typeof promotion === 'string' ? { attribute: promotion } : { ...promotion }
  const name = column ?? attribute.replace(/\W/g, '_')
  return { name, type: type ?? 'String', codec: 'ZSTD(1)', attribute }
}

/** The column without these attributes, if it holds those of the record. */
export function withoutAttributes(column: AnyColumn, promotions: readonly Promotion[]): AnyColumn {
  if (originOf(column) !== 'record' || column.each) return column
  const promoted = new Set(promotions.map((one) => (typeof one === 'string' ? one : one.attribute)))
  const { value } = column
  return {
    ...column,
    value: (record, encoding) => {
      const read = value(record, encoding)
      return read instanceof AttributeSource ? without(read, promoted) : read
    },
  }
}

function without(source: AttributeSource, promoted: ReadonlySet<string>): AttributeSource {
  const { attributes, dropped, sorted } = source
  if (typeof attributes !== 'object' || attributes === null) return source
  const rest: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(attributes))
    if (!promoted.has(key))
      Object.defineProperty(rest, key, {
        get: () => Reflect.get(attributes, key),
        enumerable: true,
      })
  return new AttributeSource(rest, dropped, sorted)
}
