// Read by the language's own iterators: a subclass may bring one that never ends.
const { values } = Set.prototype
const { entries } = Map.prototype

export function setValues(set: Set<unknown>): unknown[] {
  return [...values.call(set)]
}

export function mapEntries(map: Map<unknown, unknown>): [unknown, unknown][] {
  return [...entries.call(map)]
}
