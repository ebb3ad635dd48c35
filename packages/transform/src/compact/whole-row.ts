import { DERIVATIONS, type Derived } from '../row/derived.js'
import { keyedNames } from '../row/keyed-map.js'

/** All that is needed to make compact rows whole again. Plain JSON. */
export interface RowShape {
  /** A row with the values of the resource's columns and the defaults of all others. */
  readonly blank: Readonly<Record<string, unknown>>
  /** The column name for each member of a compact row. */
  readonly names: Readonly<Record<string, string>>
  readonly derived: Readonly<Record<string, Derived>>
  /** The column name for each member that may be a map without its keys, see `keyedNames`. */
  readonly keyed: Readonly<Record<string, string>>
  readonly keyLists: readonly (readonly string[])[]
}

/** The compact row as `toLine` would write it, except that in a map keys such as `10` come first, as in any JavaScript object. */
export function wholeRow(shape: RowShape, line: string): string {
  const { blank, names, derived, keyed, keyLists } = shape
  const row = { ...blank }
  const members: Record<string, unknown> = JSON.parse(line)
  for (const [short, name] of Object.entries(keyed)) {
    const { number, values } = keyedNames(short)
    const { [number]: listNumber, [values]: texts } = members
    if (listNumber === undefined) continue
    const keys = keyLists[(listNumber as number) - 1] ?? []
    row[name] = Object.fromEntries(keys.map((key, index) => [key, (texts as unknown[])[index]]))
    delete members[number]
    delete members[values]
  }
  for (const [short, value] of Object.entries(members)) row[names[short] ?? short] = value
  for (const [name, { how, of }] of Object.entries(derived))
    row[name] = DERIVATIONS[how].value(row[of])
  return JSON.stringify(row)
}
