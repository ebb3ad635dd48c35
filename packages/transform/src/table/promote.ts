import { AttributeSource } from '../attributes/source.js'
import type { ColumnDefinition } from '../declared/definition.js'
import { isNested } from '../declared/nested.js'
import { limited } from '../declared/resolve.js'
import { type AnyColumn, originOf } from '../row/column.js'
import { kindOfColumn } from '../row/member.js'
import type { Kind } from '../types/kind.js'
import { text } from '../types/text.js'
import { ByteWriter } from '../writing/byte-writer.js'
import { type Encoding, newEncoding } from '../writing/encoding.js'
import { isZero } from '../writing/tally.js'

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

/**
 * The column without these attributes, if it holds those of the record. What the column of an attribute cannot hold as it is stays here:
 * it would be stored nowhere.
 */
export function withoutAttributes(column: AnyColumn, promotions: readonly Promotion[]): AnyColumn {
  if (originOf(column) !== 'record' || column.each) return column
  const promoted = kindsOf(promotions)
  const scratch = new ByteWriter()
  const { value } = column
  return {
    ...column,
    value: (record, encoding) => {
      const read = value(record, encoding)
      if (!(read instanceof AttributeSource)) return read
      return without(read, (key, of) => {
        const kinds = promoted.get(key)
        return kinds !== undefined && isHeld(of, key, kinds, { encoding, scratch })
      })
    },
  }
}

/** How the columns of each attribute are written. Throws a TypeError that names the column for an unknown type. */
function kindsOf(promotions: readonly Promotion[]): ReadonlyMap<string, readonly Kind[]> {
  const kinds = new Map<string, Kind[]>()
  for (const promotion of promotions) {
    const attribute = typeof promotion === 'string' ? promotion : promotion.attribute
    const { name, type } = promotedColumn(promotion)
    const isList = isNested({ type })
    const kind = kindOfColumn(name, isList ? `${type.replace('Nested', 'Array(Tuple')})` : type)
    kinds.set(attribute, [...(kinds.get(attribute) ?? []), kind])
  }
  return kinds
}

function without(
  source: AttributeSource,
  isElsewhere: (key: string, attributes: object) => boolean,
): AttributeSource {
  const { attributes, dropped, sorted } = source
  if (typeof attributes !== 'object' || attributes === null) return source
  const rest: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(attributes))
    if (!isElsewhere(key, attributes))
      Object.defineProperty(rest, key, {
        get: () => Reflect.get(attributes, key),
        enumerable: true,
      })
  return new AttributeSource(rest, dropped, sorted)
}

interface Trial {
  readonly encoding: Encoding
  readonly scratch: ByteWriter
}

/** Also if there is nothing to hold: no value, or one that cannot be read, which the column counts. */
function isHeld(
  attributes: object,
  key: string,
  kinds: readonly Kind[],
  { encoding: { limits }, scratch }: Trial,
): boolean {
  let value: unknown
  try {
    value = Reflect.get(attributes, key)
  } catch {
    return true
  }
  if (value === undefined || value === null) return true
  return kinds.some((kind) => {
    if (kind.write === text.write) return true // as in the map
    scratch.length = 0
    const trial = newEncoding({ out: scratch, limits })
    try {
      const isWritten = kind.write(limited(value, trial) as NonNullable<unknown>, trial)
      // The map repairs a text in the same way.
      return isWritten && isZero({ ...trial.tally, repairedStrings: 0 })
    } catch {
      return false
    }
  })
}
