// Use the built-in iterators: the iterator of a subclass may never end.
const { values } = Set.prototype
const { entries } = Map.prototype

export function setValues(set: Set<unknown>): unknown[] {
  return [...values.call(set)]
}

export function mapEntries(map: Map<unknown, unknown>): [unknown, unknown][] {
  return [...entries.call(map)]
}
