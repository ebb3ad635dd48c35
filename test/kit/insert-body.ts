// What a ClickHouse reads in the body of an INSERT: the statement, if it stands before the rows, and the rows as the
// table gets them. Of SQL it knows what the exporter writes, and throws at anything else.

const END_OF_STATEMENT = ' FORMAT JSONEachRow\n'

export interface InsertBody {
  readonly statement: string
  /** With every column that the statement gives them. */
  readonly rows: Record<string, unknown>[]
}

/** Undefined if the body holds neither a leading INSERT nor, after one in the URL (`query`), rows. */
export function readInsert(query: string, body: string): InsertBody | undefined {
  const leads = body.startsWith('INSERT INTO')
  const end = leads ? body.indexOf(END_OF_STATEMENT) + END_OF_STATEMENT.length : 0
  const statement = leads ? body.slice(0, end) : query
  if (!statement.startsWith('INSERT INTO')) return undefined
  const lines = body
    .slice(end)
    .split('\n')
    .filter((line) => line !== '')
  const read = reader(statement)
  return { statement, rows: lines.map((line) => read(JSON.parse(line))) }
}

type Row = Record<string, unknown>

function reader(statement: string): (row: Row) => Row {
  const match =
    /^INSERT INTO .*? \((?<columns>.*?)\) (?:WITH CAST\((?<lists>\[.*\]), 'Array\(Array\(String\)\)'\) AS key_lists )?SELECT (?<select>.*) FROM input\((?<structure>'(?:[^'\\]|\\.)*')\)/s.exec(
      statement,
    )
  if (!match?.groups) return (row) => row
  const { columns = '', lists = '[]', select = '', structure = '' } = match.groups
  const names = pieces(columns).map((name) => name.replace(/^`|`$/g, ''))
  const types = new Map(
    pieces(unquote(structure)).map((column) => column.split(/ (.*)/s, 2) as [string, string]),
  )
  const keyLists = pieces(inside(lists)).map((list) => pieces(inside(list)).map(unquote))
  const values = pieces(select).map((expression) => evaluator(expression, types, keyLists))
  return (row) =>
    Object.fromEntries(
      values.map((value, index) => [names[index] ?? `column ${index}`, value(row)]),
    )
}

function evaluator(
  expression: string,
  types: Map<string, string>,
  keyLists: string[][],
): (row: Row) => unknown {
  const type = types.get(expression)
  if (type !== undefined) return (row) => row[expression] ?? defaultOf(type)
  if (expression.startsWith("'")) return () => unquote(expression)
  const [, texts] = /^CAST\(map\((.*)\), '(?:[^'\\]|\\.)*'\)$/s.exec(expression) ?? []
  if (texts !== undefined) {
    const flat = pieces(texts).map(unquote)
    const entries = flat.flatMap((key, index) => (index % 2 === 0 ? [[key, flat[index + 1]]] : []))
    return () => Object.fromEntries(entries)
  }
  const [, time] = /^toUnixTimestamp64Nano\((\w+)\)$/.exec(expression) ?? []
  if (time) return (row) => String(BigInt(String(row[time] ?? 0).replace('.', '')))
  const [, nanos] = /^(\w+) \/ 1e6$/.exec(expression) ?? []
  if (nanos) return (row) => Number(row[nanos] ?? 0) / 1e6
  const [, number, map, of, texts2] =
    /^if\((\w+) = 0, (\w+), CAST\(mapFromArrays\(key_lists\[(\w+)\], (\w+)\), '[^']*'\)\)$/.exec(
      expression,
    ) ?? []
  if (number && map && texts2 && of === number)
    return (row) =>
      row[number] ? mapOf(keyLists[Number(row[number]) - 1], row[texts2]) : (row[map] ?? {})
  throw new Error(`no way to evaluate ${expression}`)
}

function defaultOf(type: string): unknown {
  if (type.startsWith('Nullable')) return null
  if (type.startsWith('Array')) return []
  if (type.startsWith('Map')) return {}
  if (type === 'Bool') return false
  if (/^U?Int(64|128|256)$/.test(type)) return '0'
  return /^(U?Int|Float)/.test(type) ? 0 : ''
}

function unquote(literal: string): string {
  return literal
    .trim()
    .slice(1, -1)
    .replace(/\\(.)/gs, (_, character) => (character === '0' ? '\0' : character))
}

/** As mapFromArrays() does it: what is not of one length is refused. */
function mapOf(keys: string[] = [], values: unknown): Record<string, unknown> {
  if (!Array.isArray(values) || values.length !== keys.length)
    throw new Error(`${keys.length} keys and ${JSON.stringify(values)}`)
  return Object.fromEntries(keys.map((key, index) => [key, values[index]]))
}

/** Of an array literal. */
function inside(list: string): string {
  return list.trim().slice(1, -1)
}

/** Splits at commas outside parentheses, brackets and quotes. */
function pieces(list: string): string[] {
  const found = ['']
  let depth = 0
  for (const [token] of list.matchAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|[^'`()[\],]+|./gs)) {
    if (token === '(' || token === '[') depth++
    if (token === ')' || token === ']') depth--
    if (token === ',' && depth === 0) found.push('')
    else found.push(found.pop() + token)
  }
  return found.map((piece) => piece.trim()).filter((piece) => piece !== '')
}
