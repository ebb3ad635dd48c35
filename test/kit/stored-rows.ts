import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { quoteIdentifier, type Table } from '@spanhouse/transform'
import { compactFormOf, compactRowsOf, KeyLists, newEncoding } from '@spanhouse/transform/internal'
import { expect } from 'vitest'

type Server = Pick<ClickHouseServer, 'query' | 'url'>
type Row = Record<string, unknown>
type Placed = Pick<Table<never>, 'database' | 'name'>

/** The table, made if it is missing, without rows. */
export async function emptied(server: Server, table: Table<never>): Promise<void> {
  for (const statement of table.ddl()) await server.query(statement)
  await server.query(`TRUNCATE TABLE ${placed(table)}`)
}

export async function insert<Input>(
  server: Server,
  table: Table<Input>,
  inputs: readonly Input[],
  settings: Record<string, string> = {},
  into: Placed = table,
): Promise<void> {
  const query = `INSERT INTO ${placed(into)} (${columnList(table)}) FORMAT JSONEachRow`
  await post(
    server,
    query,
    inputs.map((input) => table.toLine(input)),
    settings,
  )
}

/** As the exporter sends them: compact. Here an INSERT for each row. */
export async function insertCompact<Input>(
  server: Server,
  table: Table<Input>,
  inputs: readonly Input[],
  into: Placed = table,
): Promise<void> {
  const rows = compactRowsOf(table)
  for (const input of inputs) {
    const keyLists = new KeyLists(10_000)
    const encoding = newEncoding({ sparse: true, keyLists })
    const form = rows?.resourceFormOf(input, encoding)
    if (!form) throw new Error('no compact rows')
    rows?.write(input, encoding)
    const { query } = compactFormOf(form, keyLists)
    const statement = `INSERT INTO ${placed(into)} (${columnList(table)}) ${query} FORMAT JSONEachRow`
    await post(server, statement, [encoding.out.toString()])
  }
}

export async function post(
  server: Server,
  query: string,
  lines: readonly string[],
  settings: Record<string, string> = {},
): Promise<void> {
  const parameters = new URLSearchParams({
    query,
    async_insert: '0',
    date_time_input_format: 'best_effort',
    input_format_skip_unknown_fields: '0',
    ...settings,
  })
  // A kept connection may have been closed by the server while the lines were made, which takes seconds on a busy machine.
  const reply = await fetch(`${server.url}/?${parameters}`, {
    method: 'POST',
    headers: { connection: 'close' },
    body: lines.join('\n'),
  })
  expect([reply.status, await reply.text()]).toEqual([200, ''])
}

/** What the table holds, as `asStored` gives it, in a fixed order. */
export async function stored(
  server: Server,
  table: Table<never>,
  from: Placed = table,
): Promise<Row[]> {
  const text = await server.query(`${select(table, from)} FORMAT JSONEachRow`)
  return sorted(rowsOf(text))
}

/** The rows of the inputs as the table holds them: as they are sent, except that a DateTime has no fractions. */
export function asStored<Input>(table: Table<Input>, inputs: readonly Input[]): Row[] {
  const cut = table.columns.filter(({ sentAs }) => sentAs !== undefined)
  return sorted(
    inputs.map((input) => {
      const row = table.toRow(input)
      for (const { name } of cut)
        row[name] = JSON.parse(JSON.stringify(row[name]).replace(/(\d{10})\d{9}/g, '$1000000000'))
      return row
    }),
  )
}

/** Times as they were sent, whatever time zone a column has; 64-bit integers quoted, and doubles that JSON has no number for as texts. */
export function select(table: Table<never>, from: Placed = table): string {
  const columns = table.columns.map(
    ({ name, type, sentAs }) =>
      `${asSent(quoteIdentifier(name), sentAs ? `sent ${type}` : type)} AS ${quoteIdentifier(name)}`,
  )
  return `SELECT ${columns.join(', ')} FROM ${placed(from)} SETTINGS output_format_json_quote_64bit_integers = 1, output_format_json_quote_denormals = 1, prefer_column_name_to_alias = 1`
}

export function rowsOf(text: string): Row[] {
  return text
    .trim()
    .split('\n')
    .map((line) => withSigns(JSON.parse(line)) as Row)
}

export function sorted(rows: readonly Row[]): Row[] {
  const key = (row: Row): string => JSON.stringify(Object.entries(row))
  return rows
    .map((row) => [key(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row)
}

export function placed({ database, name }: Placed): string {
  return `${quoteIdentifier(database)}.${quoteIdentifier(name)}`
}

export function columnList({ insertColumns }: Pick<Table<never>, 'insertColumns'>): string {
  return insertColumns.map(quoteIdentifier).join(', ')
}

/** Negative zero as the text that it is sent as. */
export function withSigns(value: unknown): unknown {
  if (Object.is(value, -0)) return '-0'
  if (Array.isArray(value)) return value.map(withSigns)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSigns(item)]))
}

function asSent(column: string, type: string): string {
  const [, element] = /Array\((DateTime.*)\)$/.exec(type) ?? []
  if (element !== undefined)
    return `arrayMap(t -> ${asSent('t', type.startsWith('sent') ? `sent ${element}` : element)}, ${column})`
  if (type.startsWith('DateTime64(9')) return nanosAsSent(column)
  if (type === 'DateTime') return secondsAsSent(column)
  return type === 'sent DateTime' ? `concat(${secondsAsSent(column)}, '000000000')` : column
}

function secondsAsSent(time: string): string {
  return `leftPad(toString(toUnixTimestamp(${time})), 10, '0')`
}

function nanosAsSent(time: string): string {
  const nanos = `leftPad(toString(toUnixTimestamp64Nano(${time})), 19, '0')`
  return `concat(substring(${nanos}, 1, 10), '.', substring(${nanos}, 11))`
}
