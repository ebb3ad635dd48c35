// What Grafana and the ClickHouse data source (4.x) make of a panel's SQL, as they document it.

import type { ClickHouseServer } from '@spanhouse/local-clickhouse'

/** What somebody looks at. */
export interface Look {
  readonly fromMs: number
  readonly toMs: number
  readonly intervalMs: number
  /** By the names of variables; `$__all` is All. */
  readonly values: Readonly<Record<string, string>>
}

const strictlyEncoded = (text: string) =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** `$__conditionalAll(condition, $variable)` is `1=1` if the variable is empty or says All. */
function withoutConditionsOnAll(sql: string, { values }: Look): string {
  const macro = '$__conditionalAll('
  const at = sql.lastIndexOf(macro)
  if (at === -1) return sql
  const [condition = '', variable = '', end] = argumentsAt(sql, at + macro.length)
  const value = values[variable.trim().slice(1)] ?? ''
  const made = value === '' || value === '$__all' ? '1=1' : condition
  return withoutConditionsOnAll(sql.slice(0, at) + made + sql.slice(end), {
    values,
  } as Look)
}

/** Two arguments, and where the bracket is closed. */
function argumentsAt(sql: string, start: number): [string, string, number] {
  let depth = 1
  let comma = -1
  for (let at = start; at < sql.length; at++) {
    if (sql[at] === '(') depth++
    if (sql[at] === ')' && --depth === 0)
      return [sql.slice(start, comma), sql.slice(comma + 1, at), at + 1]
    if (sql[at] === ',' && depth === 1) comma = at
  }
  throw new Error(`A macro is not closed: ${sql.slice(start - 20, start + 80)}`)
}

/** Grafana's part. A variable that is not there stays, as in Grafana. */
function withVariables(sql: string, { values }: Look): string {
  return sql.replaceAll(/\$(\w+)|\$\{(\w+)(?::(\w+))?\}/g, (text, plain, braced, format) => {
    const value = values[plain ?? braced]
    if (value === undefined) return text
    return format === 'percentencode' ? strictlyEncoded(value) : value
  })
}

/** The data source's part, in its backend. */
function withMacros(sql: string, { fromMs, toMs, intervalMs }: Look): string {
  const seconds = (ms: number) => `toDateTime(${Math.floor(ms / 1000)})`
  const ms = (ms: number) => `fromUnixTimestamp64Milli(${ms})`
  const step = Math.max(1, Math.floor(intervalMs / 1000))
  return sql
    .replaceAll(
      /\$__timeFilter_ms\(([^()]+)\)/g,
      (_, column) => `${column} >= ${ms(fromMs)} AND ${column} <= ${ms(toMs)}`,
    )
    .replaceAll(
      /\$__timeInterval\(([^()]+)\)/g,
      (_, column) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${step} second)`,
    )
    .replaceAll('$__fromTime_ms', () => ms(fromMs))
    .replaceAll('$__toTime_ms', () => ms(toMs))
    .replaceAll('$__fromTime', () => seconds(fromMs))
    .replaceAll('$__toTime', () => seconds(toMs))
    .replaceAll('$__interval_s', () => `${step}`)
}

export function sqlFor(rawSql: string, look: Look): string {
  const sql = withMacros(withVariables(withoutConditionsOnAll(rawSql, look), look), look)
  const left = /\$\{|\$__\w+|\[\[/.exec(sql)
  if (left) throw new Error(`Nothing replaces ${left[0]} in: ${sql}`)
  return sql
}

export interface Frame {
  /** Types by the names of columns. */
  readonly types: Readonly<Record<string, string>>
  readonly rows: Record<string, unknown>[]
}

/** The answer, for a user who may only read. */
export async function frame(
  server: Pick<ClickHouseServer, 'url'>,
  rawSql: string,
  look: Look,
  user: Readonly<Record<string, string>> = { 'x-clickhouse-user': 'reader' },
): Promise<Frame> {
  const sql = sqlFor(rawSql, look)
  const response = await fetch(`${server.url}/?default_format=JSON`, {
    method: 'POST',
    headers: user,
    body: sql,
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${text}\n${sql}`)
  const { meta, data } = JSON.parse(text)
  return {
    types: Object.fromEntries(
      meta.map(({ name, type }: Record<'name' | 'type', string>) => [name, type]),
    ),
    rows: data,
  }
}

/** The rows with their times in UTC: the session of `reader` is in New York, which is five hours behind in November. */
export function inUtc({ rows, types }: Frame): Record<string, unknown>[] {
  const zone = types['time']?.includes('UTC') ? 'Z' : '-05:00'
  return rows.map((row) => ({
    ...row,
    time: new Date(`${String(row['time']).replace(' ', 'T')}${zone}`)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' '),
  }))
}
