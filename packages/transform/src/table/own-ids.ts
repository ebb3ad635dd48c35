import type { Column } from '../row/column.js'
import { newEncoding } from '../writing/encoding.js'

const ZERO = 0x30

/** Tells whether a record has an id in each of these columns. Never throws. */
export function ownIds<Input>(
  columns: readonly Column<Input>[],
  names: readonly string[],
): (record: Input) => boolean {
  const encoding = newEncoding()
  const own = columns.filter(({ name }) => names.includes(name))
  return (record) => {
    try {
      // No closure here: it would be allocated for every record.
      for (let index = 0; index < own.length; index++)
        if (!isId(own[index]?.value(record as never, encoding))) return false
      return true
    } catch {
      return false
    }
  }
}

/** All zero is none. */
function isId(value: unknown): boolean {
  if (typeof value !== 'string') return false
  for (let index = 0; index < value.length; index++)
    if (value.charCodeAt(index) !== ZERO) return true
  return false
}
