// What the start of a process costs, in CPU time (all threads), which other work on the machine disturbs less than it disturbs the clock.
// Each is measured in fresh processes: the import of the exporter and its first processor, in an older build and in this one, in pairs; reading an environment with thirty variables; and an Express application with `register`, beside the same application with
// NodeSDK and the same instrumentations set up by hand. On Node 22 and later, also how much of this V8's compile cache saves.
//   node bench/studies/start.mjs [--old <path of a built checkout>] [--rounds 15]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { number, spread, summary } from '../figures.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { values: options } = parseArgs({
  options: { old: { type: 'string' }, rounds: { type: 'string', default: '15' } },
})
const rounds = Number(options.rounds)
const folder = mkdtempSync(join(tmpdir(), 'spanhouse-start-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
symlinkSync(join(ROOT, 'test/app-sdk2/node_modules'), join(folder, 'node_modules'), 'dir')

const SAY = 'const { user, system } = process.cpuUsage(start); console.log((user + system) / 1000)'
const exporterOf = (checkout) => join(checkout, 'packages/exporter-clickhouse/dist/esm/index.js')
const NEW = exporterOf(ROOT)

function write(name, text) {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Runs a program and returns the number on its last line. */
function run(args, env = {}) {
  const all = { PATH: process.env.PATH, OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false', ...env }
  const said = execFileSync(process.execPath, args, { cwd: folder, env: all, encoding: 'utf8' })
  return Number(said.trim().split('\n').at(-1))
}

/** Runs all ways in turn, so that other load on the machine affects them alike. */
function measured(ways) {
  const found = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const order = Object.entries(ways)
    if (round % 2) order.reverse()
    for (const [name, measure] of order) found[name].push(measure())
  }
  return found
}

function show(title, found, unit, base) {
  console.log(`\n${title}`)
  for (const [name, values] of Object.entries(found)) {
    const over = base && name !== base
    const differences = over ? values.map((value, round) => value - found[base][round]) : []
    const more = over ? `, ${spread(summary(differences), 1)} ${unit} more than ${base}` : ''
    const ratio = over
      ? ` (×${number(summary(values.map((v, i) => v / found[base][i])).median, 3)})`
      : ''
    console.log(`  ${name}: ${spread(summary(values), 1)} ${unit}${more}${ratio}`)
  }
}

const importing = (file) =>
  write(
    `import-${file === NEW ? 'new' : 'old'}.mjs`,
    `const start = process.cpuUsage(); await import(${JSON.stringify(file)}); ${SAY}`,
  )
const builds = { ...(options.old && { old: exporterOf(resolve(options.old)) }), new: NEW }
const imports = Object.entries(builds).map(([name, file]) => {
  const program = importing(file)
  return [name, () => run([program])]
})
show('Import of the exporter', measured(Object.fromEntries(imports)), 'ms', options.old && 'old')

const variables = {
  ENDPOINT: 'http://127.0.0.1:9',
  DATABASE: 'd',
  TABLE: 't',
  USERNAME: 'u',
  PASSWORD: 'p',
  SCHEMA: 'otel',
  MANAGE_SCHEMA: 'off',
  TTL: '30d',
  TIMEOUT: '5s',
  COMPRESSION: 'gzip',
  COMPRESSION_LEVEL: '3',
  RETRY_MAX_RETRIES: '5',
  RETRY_INITIAL_DELAY: '1s',
  RETRY_MAX_DELAY: '5s',
  BATCH_MAX_ROWS: '5000',
  BATCH_MAX_BYTES: '4MiB',
  BATCH_MAX_DELAY: '2s',
  QUEUE_MAX_BYTES: '32MiB',
  QUEUE_WHEN_FULL: 'drop_newest',
  ASYNC_INSERT: 'false',
  ACKNOWLEDGE: 'accepted',
  HEADERS: 'x-a=1,x-b=2',
  SETTINGS: 'max_threads=4',
  FLUSH_TIMEOUT: '5s',
  SHUTDOWN_TIMEOUT: '5s',
  LIMITS_EVENT_COUNT: '10',
  LIMITS_LINK_COUNT: '10',
  LIMITS_ATTRIBUTE_COUNT: '50',
  RETRY_MULTIPLIER: '2',
  FLUSH_ON_SIGNAL: 'false',
}
const environment = Object.fromEntries(
  Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_CLICKHOUSE_${name}`, value]),
)
const constructing = Object.fromEntries(
  Object.entries(builds).map(([name, file]) => [
    name,
    write(
      `construct-${name}.mjs`,
      `import { ClickHouseSpanProcessor } from ${JSON.stringify(file)}
      const start = process.cpuUsage(); new ClickHouseSpanProcessor(); ${SAY}; process.exit()`,
    ),
  ]),
)
show(
  'Creating the first processor in a process',
  measured({
    'no variables': () => run([constructing.new]),
    'thirty variables': () => run([constructing.new], environment),
    ...(options.old && { 'no variables, old': () => run([constructing.old]) }),
  }),
  'ms',
  'no variables',
)

const register = fileURLToPath(
  new URL('../../packages/exporter-clickhouse/dist/esm/register.js', import.meta.url),
)
const byHand = write(
  'by-hand.mjs',
  `import { createRequire, register } from 'node:module'
  import { pathToFileURL } from 'node:url'
  const require = createRequire(import.meta.url)
  const auto = createRequire(require.resolve('@opentelemetry/auto-instrumentations-node'))
  const inTheMiddle = createRequire(auto.resolve('@opentelemetry/instrumentation')).resolve('import-in-the-middle')
  const hooks = createRequire(inTheMiddle)
  if (hooks('./supports-sync-hooks.mjs').supportsSyncHooks()) hooks('./register-hooks.mjs').register()
  else register(pathToFileURL(hooks.resolve('./hook.mjs')))
  const { NodeSDK } = require('@opentelemetry/sdk-node')
  const { ClickHouseSpanProcessor } = await import(${JSON.stringify(NEW)})
  const used = ['http', 'undici', 'net', 'dns', 'express', 'router']
  const instrumentations = used.flatMap((name) => {
    try {
      const all = Object.values(auto('@opentelemetry/instrumentation-' + name))
      const Class = all.find((one) => typeof one?.prototype?.setTracerProvider === 'function')
      return [new Class()]
    } catch { return [] }
  })
  new NodeSDK({ instrumentations, metricReaders: [], logRecordProcessors: [],
    spanProcessors: [new ClickHouseSpanProcessor({ flushOnSignal: true })] }).start()`,
)
const app = write(
  'app.mjs',
  `import express from 'express'
  express()
  const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)
  process.exit()`,
)
const there = { ...environment, OTEL_TRACES_EXPORTER: 'clickhouse' }
const cached = { ...there, NODE_COMPILE_CACHE: join(folder, 'compile-cache') }
const fromCache = 'enableCompileCache' in module && {
  'register, compile cache': () => run(['--import', register, app], cached),
  'no telemetry, compile cache': () => run([app], cached),
}
for (const fill of Object.values(fromCache)) fill()
show(
  'From the start of the process until an Express application is up',
  measured({
    'NodeSDK by hand': () => run(['--import', byHand, app], there),
    register: () => run(['--import', register, app], there),
    'no telemetry': () => run([app], there),
    ...fromCache,
  }),
  'ms',
  'NodeSDK by hand',
)
