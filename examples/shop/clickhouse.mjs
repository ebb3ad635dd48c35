import { logTables, spanTables, tablesQuery } from '@spanhouse/queries'

/** The rows of a signal. The limit of one day keeps the query cheap on a large table. */
export const ofThisRun = (signal) => `FROM telemetry.${signal}
  WHERE timestamp > now() - INTERVAL 1 DAY AND resource_attributes['demo.run_id'] = {run:String}`

/** Asks a ClickHouse server by SQL; `{name: Type}` in the text is filled from `parameters`. */
export async function select(server, sql, parameters = {}) {
  const { endpoint, username = 'default', password = '' } = server
  const url = new URL(endpoint)
  for (const [key, value] of Object.entries(parameters)) url.searchParams.set(`param_${key}`, value)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'x-clickhouse-user': username, 'x-clickhouse-key': password },
    body: `${sql} FORMAT JSON`,
    signal: AbortSignal.timeout(10_000),
  })
  const text = await response.text()
  const code = Number(response.headers.get('x-clickhouse-exception-code') ?? 0)
  if (!response.ok || code !== 0) throw new SqlError(response.status, code, text)
  return JSON.parse(text).data
}

/** Asks a query of `@spanhouse/queries`, the module that the page and the commands of spanhouse ask with too. */
export function ask(server, { sql, parameters }) {
  return select(server, sql, parameters)
}

/** How spans are read from telemetry.traces, and log lines from telemetry.logs. */
export async function tablesOf(server) {
  const columns = await ask(server, tablesQuery())
  const named = (name) => (one) => one.database === 'telemetry' && one.table === name
  return {
    spans: spanTables(columns).find(named('traces')),
    logs: logTables(columns).find(named('logs')),
  }
}

class SqlError extends Error {
  constructor(httpStatus, code, text) {
    super(text.trim().slice(0, 200) || `HTTP ${httpStatus}`)
    this.httpStatus = httpStatus
    this.code = code
  }
}

/** Why this server cannot be used, in a sentence, or undefined if it can. */
export async function problemWith(server) {
  try {
    await select(server, 'SELECT version()')
    return undefined
  } catch (error) {
    return `${server.endpoint} ${reasonOf(error)}.`
  }
}

function reasonOf(error) {
  if (error instanceof SqlError) {
    if ([401, 403].includes(error.httpStatus)) return 'refuses this user and password'
    if (error.code) return `answers with an error: ${error.message.replace(/\.$/, '')}`
    return `answers with HTTP ${error.httpStatus}, which is not how ClickHouse answers a query`
  }
  if (error instanceof SyntaxError) return 'answers, but not as ClickHouse does'
  if (error.name === 'TimeoutError') return 'does not answer within 10 s'
  return `cannot be reached (${error.cause?.code ?? error.cause?.message ?? error.message})`
}
