// npm run example -- express [start:cjs]: runs one folder of examples/ against a ClickHouse of its own, or against the one in
// OTEL_EXPORTER_CLICKHOUSE_ENDPOINT, and prints the rows that arrived. If an example prints an address and no report, it is a
// server: the address is requested once, and then SIGTERM ends the example, as it ends a container.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { installedCopy } from './example-copy.mjs'

const EXAMPLES = 'examples'
// What to request from examples that print only the address of the server.
const PATHS = { nextjs: '/hello/Ada' }
// These print what arrived themselves.
const WITH_REPORT = ['logs-and-metrics', 'active-active']
// These start their own servers.
const WITH_SERVERS = ['active-active']
const names = examplesIn(EXAMPLES)
const [name, script = 'start'] = process.argv.slice(2)
if (!names.includes(name)) {
  console.error(`Usage: npm run example -- <name> [script]\n\n  ${names.join('\n  ')}`)
  process.exit(2)
}

let onSignal = () => process.exit(130)
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, (signal) => onSignal(signal))

const endpoint = process.env.OTEL_EXPORTER_CLICKHOUSE_ENDPOINT
const server = endpoint || WITH_SERVERS.includes(name) ? undefined : await startClickHouse()
const target = {
  endpoint: endpoint || server?.url || '',
  database: process.env.OTEL_EXPORTER_CLICKHOUSE_DATABASE || 'telemetry',
  username: process.env.OTEL_EXPORTER_CLICKHOUSE_USERNAME || 'default',
  password: process.env.OTEL_EXPORTER_CLICKHOUSE_PASSWORD || '',
}
const home = await homeOf(name)
const startedAt = Date.now()
const code = await runExample()
if (!WITH_REPORT.includes(name)) console.log((await rowsSince(startedAt)) || 'No rows arrived.')
await server?.stop()
process.exit(code)

/** The folders with a package that starts, by their path in `folder`. The shop has a command of its own. */
function examplesIn(folder) {
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name, parentPath }) => name === 'package.json' && !/node_modules/.test(parentPath))
    .map(({ parentPath }) => parentPath.slice(folder.length + 1))
  return found.filter((one) => one !== 'shop').sort()
}

/** Where its dependencies are installed: the folder itself, if it belongs to the workspace. */
function homeOf(example) {
  const folder = join(EXAMPLES, example)
  return existsSync(join(folder, 'node_modules')) ? folder : installedCopy(folder)
}

/** Resolves with the exit code of the example; with 0 for a server that answered and was then ended here. */
async function runExample() {
  const child = spawn('npm', ['run', '--silent', script], {
    cwd: home,
    env: { PORT: '0', ...process.env, OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: target.endpoint },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // in a group of its own: npm does not pass every signal on
  })
  const end = (signal) => process.kill(-child.pid, signal)
  onSignal = end
  let isAnswered = false
  createInterface({ input: child.stdout }).on('line', async (line) => {
    console.log(line)
    if (isAnswered || WITH_REPORT.includes(name)) return // a report may print log records with an address
    const [address] = /http:\/\/localhost:\S+/.exec(line) ?? []
    if (!address) return
    isAnswered = true
    console.log(await (await fetch(address + (PATHS[name] ?? ''))).text())
    end('SIGTERM')
  })
  const [exitCode] = await once(child, 'close')
  return isAnswered ? 0 : (exitCode ?? 1)
}

/** The rows as ClickHouse prints them; '' if there are none, or no table. */
async function rowsSince(time) {
  const response = await fetch(target.endpoint, {
    method: 'POST',
    headers: { 'x-clickhouse-user': target.username, 'x-clickhouse-key': target.password },
    body: `SELECT service_name, span_kind, span_name, duration_ms FROM \`${target.database}\`.traces
      WHERE timestamp >= fromUnixTimestamp64Milli(toInt64(${time}))
      ORDER BY timestamp, duration_ns DESC SETTINGS output_format_pretty_row_numbers = 0 FORMAT PrettyCompactMonoBlock`,
  })
  const text = await response.text()
  return response.ok ? text.trimEnd() : ''
}
