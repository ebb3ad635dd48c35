// Asks ClickHouse the questions in queries/flat or queries/otel and prints the answers. Alone, `npm run report` asks about the last hour.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const env = (name, otherwise) => process.env[`OTEL_EXPORTER_CLICKHOUSE_${name}`] || otherwise
const schema = env('SCHEMA', 'flat')
const database = env('DATABASE', schema === 'flat' ? 'telemetry' : 'default')

export async function report({ from, to }) {
  const range = { from: timeOf(from), to: timeOf(to), service: 'tickets' }
  const [slowest] = await show('Error logs of slow traces', 'error-logs-of-slow-traces', {
    ...range,
    slow_ms: 200,
  })
  if (slowest)
    await show(`Logs around the trace ${slowest.trace_id}`, 'logs-around-a-trace', {
      trace_id: slowest.trace_id,
      seconds: 0.05,
    })
  await show('p99 of each route, from histograms', 'p99-by-route', { ...range, step: 60 })
  await show('Orders a second, across the restart', 'rate-of-a-counter', {
    ...range,
    metric: 'tickets.orders',
    step: 60,
  })
  await show('Event loop and requests', 'event-loop-and-latency', { ...range, step: 60 })
}

/** Prints the answer as a table, and gives its rows. */
async function show(heading, name, parameters) {
  const sql = readFileSync(new URL(`queries/${schema}/${name}.sql`, import.meta.url), 'utf8')
  const rows = await ask(sql, parameters)
  console.log(`\n${heading} (queries/${schema}/${name}.sql)`)
  if (rows.length === 0) console.log('nothing')
  else console.table(rows.slice(0, 10))
  return rows
}

async function ask(sql, parameters) {
  const url = new URL(env('ENDPOINT', 'http://localhost:8123'))
  for (const [key, value] of Object.entries({ database, default_format: 'JSON' }))
    url.searchParams.set(key, value)
  for (const [key, value] of Object.entries(parameters)) url.searchParams.set(`param_${key}`, value)
  const headers = {
    'x-clickhouse-user': env('USERNAME', 'default'),
    'x-clickhouse-key': env('PASSWORD', ''),
  }
  const response = await fetch(url, { method: 'POST', headers, body: sql })
  const text = await response.text()
  if (!response.ok) throw new Error(text.slice(0, 300))
  return JSON.parse(text).data
}

/** A time as ClickHouse reads it, in UTC. */
function timeOf(ms) {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await report({ from: Date.now() - 3_600_000, to: Date.now() })
