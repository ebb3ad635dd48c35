/** The type of a column, taken apart: `Map(String, Array(UInt8))` has the name `Map` and the arguments `String` and `Array(UInt8)`. */
export interface ColumnType {
  readonly name: string
  /** As they are written, without the names that the elements of a tuple may have. */
  readonly args: readonly string[]
}

export function columnType(text: string): ColumnType {
  const [, name = '', inside] = /^\s*(\w+)\s*(?:\((.*)\))?\s*$/s.exec(text) ?? []
  if (inside === undefined) return { name, args: [] }
  const args = splitList(inside)
  return { name, args: name === 'Tuple' || name === 'Nested' ? args.map(withoutName) : args }
}

/** At commas outside of brackets and texts. */
export function splitList(text: string): string[] {
  const args: string[] = []
  let depth = 0
  let from = 0
  for (const { 0: piece, index } of text.matchAll(
    /'(?:\\.|''|[^'\\])*'|`(?:\\.|[^`\\])*`|[(),]/gs,
  )) {
    if (piece === '(') depth++
    if (piece === ')') depth--
    if (piece !== ',' || depth > 0) continue
    args.push(text.slice(from, index).trim())
    from = index + 1
  }
  return [...args, text.slice(from).trim()]
}

function withoutName(element: string): string {
  return element.replace(/^(?:`(?:\\.|[^`\\])*`|[A-Za-z_]\w*)\s+(?=[A-Z])/s, '')
}

/**
 * The type without what does not change a value: LowCardinality, time zones, and spaces. Two columns whose plain types are equal have equal
 * values of equal meaning.
 */
export function plainType(text: string): string {
  const { name, args } = columnType(text)
  if (name === 'LowCardinality') return plainType(args[0] ?? '')
  if (name === 'SimpleAggregateFunction') return plainType(args[1] ?? '')
  if (name === 'DateTime') return name
  if (name === 'DateTime64') return `${name}(${args[0]})`
  if (name === 'Nested') return `Array(Tuple(${args.map(plainType).join(',')}))`
  if (/^(Nullable|Array|Map|Tuple)$/.test(name)) return `${name}(${args.map(plainType).join(',')})`
  return args.length === 0 ? name : `${name}(${args.join(',')})`
}
