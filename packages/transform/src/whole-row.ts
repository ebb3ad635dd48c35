import { type Derived, WAYS } from './derived.js'
import { keyedNames } from './keyed-map.js'

/** What is needed to make a compact row whole again. Plain JSON. */
export interface RowShape {
  /** A row with the resource's columns, and with the others at their defaults. */
  readonly blank: Readonly<Record<string, unknown>>
  /** Of each member of a compact row, the column's name. */
  readonly names: Readonly<Record<string, string>>
  readonly derived: Readonly<Record<string, Derived>>
  /** Of members that may be maps without their keys: the column's name, see `keyedNames`. */
  readonly keyed: Readonly<Record<string, string>>
  readonly keyLists: readonly (readonly string[])[]
}

/** A compact row as `toLine` would have made it, but that keys such as `10` come first in a map, as in any object. */
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
  for (const [name, { how, of }] of Object.entries(derived)) row[name] = WAYS[how].value(row[of])
  return JSON.stringify(row)
}
