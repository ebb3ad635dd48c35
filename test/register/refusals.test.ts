import { realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { appWith, brokenPackage, type Run, registeredBy, run, WHOLE } from './app.js'
import { useClickHouse } from './clickhouse.js'

const clickhouse = useClickHouse()
const SPANS = [...WHOLE, '@opentelemetry/api']
/** For what does not depend on instrumentations, which take long to load. */
const SDK = ['@opentelemetry/sdk-node', '@opentelemetry/api']
const BY_HAND = ['by-hand inner', 'by-hand outer']
const THEIRS = '@opentelemetry/auto-instrumentations-node/register'

/** Runs the application to its end, which must be a good one, and returns our lines. */
async function linesOf(what: Run) {
  const app = run(what)
  expect(await app.ended).toEqual([0, null])
  expect(app.output).toContain('done\n')
  return app.warnings
}

test('loaded twice, it starts once and warns', async () => {
  const { database, env } = clickhouse.destination()
  const args = [...registeredBy('--require', '--import'), 'spans.cjs']
  const lines = await linesOf({ folder: appWith(SDK), args, env })
  expect(lines).toEqual([expect.stringContaining('has been loaded twice')])
  expect(await clickhouse.spansIn(database)).toEqual(BY_HAND)
})

test('an SDK that was started before keeps the traces, and one line says what to remove', async () => {
  const { database, env } = clickhouse.destination()
  const lines = await linesOf({
    folder: appWith(SPANS),
    args: ['--require', THEIRS, ...registeredBy('--require'), 'spans.cjs'],
    env: {
      ...env,
      OTEL_TRACES_EXPORTER: 'console',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    },
  })
  expect(lines).toEqual([
    expect.stringMatching(
      /leaves all traces to the OpenTelemetry SDK .* Remove the --import or --require that starts the other/,
    ),
  ])
  expect(await clickhouse.spansIn(database)).toEqual([])
})

// The line of each of the other cases of a long run is tested with docs/troubleshooting.md, too (test/troubleshooting).
const SECOND_SDK: [when: string, flags: string[]][] = [
  ['before it, without traces', ['--require', THEIRS, ...registeredBy('--require')]],
  ['after it', [...registeredBy('--require'), '--require', THEIRS]],
]
test.each(LONG ? SECOND_SDK : SECOND_SDK.slice(0, 1))(
  'an SDK that is started %s is named; traces go where they should',
  async (_, flags) => {
    const { database, env } = clickhouse.destination()
    const lines = await linesOf({
      folder: appWith(SPANS),
      args: [...flags, 'spans.cjs'],
      env: { ...env, OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }, // theirs does not know "clickhouse"
    })
    expect(lines).toEqual([
      expect.stringMatching(/a second OpenTelemetry SDK .* Remove the --import or --require/),
    ])
    expect(await clickhouse.spansIn(database)).toEqual(BY_HAND)
  },
)

test('a warning says that OTEL_CONFIG_FILE is not read; the variables apply', async () => {
  const { database, env } = clickhouse.destination()
  const lines = await linesOf({
    folder: appWith(SDK),
    args: [...registeredBy('--import'), 'spans.cjs'],
    env: { ...env, OTEL_CONFIG_FILE: './otel.yaml' },
  })
  expect(lines).toEqual([expect.stringContaining('does not read OTEL_CONFIG_FILE')])
  expect(await clickhouse.spansIn(database)).toEqual(BY_HAND)
})

test('OTEL_SDK_DISABLED is told to whoever asks for the log', async () => {
  const app = run({
    folder: appWith(SDK),
    args: [...registeredBy('--import'), 'spans.cjs'],
    env: { OTEL_SDK_DISABLED: 'true', OTEL_LOG_LEVEL: 'info' },
  })
  expect(await app.ended).toEqual([0, null])
  expect(app.output.match(/^spanhouse: .*/gm)).toEqual([
    'spanhouse: @spanhouse/exporter-clickhouse/register does nothing, because OTEL_SDK_DISABLED is set',
  ])
})

const NO_INSTRUMENTATION: [variable: string, line: RegExp][] = [
  ['OTEL_NODE_ENABLED_INSTRUMENTATIONS', /^.* finds no instrumentation "http"/],
  ['', /^.* finds no instrumentation, so of express .*: npm install @opentelemetry\/auto-instru/],
]
test.each(LONG ? NO_INSTRUMENTATION : NO_INSTRUMENTATION.slice(0, 1))(
  'an application with Express and no instrumentation is told in one line: %s',
  async (variable, line) => {
    const { env } = clickhouse.destination()
    const lines = await linesOf({
      folder: appWith(['@opentelemetry/sdk-node', '@opentelemetry/api', 'express']),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, [variable || 'UNRELATED']: 'http' },
    })
    expect(lines).toEqual([expect.stringMatching(line)])
  },
)

test('one without anything that could be traced is not', async () => {
  const { env } = clickhouse.destination()
  const lines = await linesOf({
    folder: appWith(['@opentelemetry/sdk-node', '@opentelemetry/api']),
    args: [...registeredBy('--import'), 'spans.cjs'],
    env,
  })
  expect(lines).toEqual([])
})

test.each(LONG ? ['true', 'TRUE'] : ['TRUE'])(
  'OTEL_SDK_DISABLED=%s: nothing is started, without a warning',
  async (value) => {
    const { database, env } = clickhouse.destination()
    const lines = await linesOf({
      folder: appWith(SDK),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, OTEL_SDK_DISABLED: value },
    })
    expect(lines).toEqual([])
    expect(await clickhouse.spansIn(database)).toEqual([])
  },
)

describe.each(LONG ? (['--import', '--require'] as const) : (['--require'] as const))(
  'where no SDK is installed (%s)',
  (flag) => {
    test('the application starts, and one line has the command that installs one', async () => {
      const { env } = clickhouse.destination()
      const args = [...registeredBy(flag), '--eval', 'console.log("done")']
      const lines = await linesOf({ folder: appWith([]), args, env })
      expect(lines).toEqual([
        expect.stringMatching(
          /no OpenTelemetry SDK is installed .*: npm install @opentelemetry\/auto-instrumentations-node/,
        ),
      ])
    })
  },
)

test('OTEL_EXPORTER_CLICKHOUSE_WARNINGS=false silences the lines', async () => {
  const args = [...registeredBy('--import'), '--eval', 'console.log("done")']
  const env = { OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false' }
  expect(await linesOf({ folder: appWith([]), args, env })).toEqual([])
})

test('an instrumentation that cannot be loaded is named, and the others work', async () => {
  const { env, database } = clickhouse.destination()
  const folder = appWith(SPANS)
  const broken = '@opentelemetry/instrumentation-broken'
  brokenPackage(folder, broken)
  const args = [...registeredBy('--require'), 'server.cjs', 'end']
  const app = run({ folder, args, env })
  expect(await app.ended).toEqual([0, null])
  expect(app.warnings).toEqual([expect.stringContaining(`goes on without ${broken}: it is broken`)])
  expect(await clickhouse.spansIn(database)).toContain('http GET /hello/:name')
})

test('an SDK that cannot be loaded is named, and the application starts', async () => {
  const { env } = clickhouse.destination()
  const folder = appWith(['@opentelemetry/api'])
  brokenPackage(folder, '@opentelemetry/sdk-node', '9.0.0')
  const args = [...registeredBy('--import'), 'spans.cjs']
  expect(await linesOf({ folder, args, env })).toEqual([
    expect.stringContaining('could not start, so this process sends no traces: it is broken'),
  ])
})

test('a Node.js that is too old is named instead of what fails there', async () => {
  const { env } = clickhouse.destination()
  const folder = appWith(['@opentelemetry/api'])
  brokenPackage(folder, '@opentelemetry/sdk-node', '9.0.0')
  const old =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })"
  const args = ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
  expect(
    await linesOf({ folder, args: [...args, ...registeredBy('--import'), 'spans.cjs'], env }),
  ).toEqual([
    expect.stringContaining('this process sends no traces: Node.js 18.20.8 is too old. Use 20.19'),
  ])
})

test.runIf(LONG)(
  'an SDK that is too old is named, with the command that installs a newer one',
  async () => {
    const { env } = clickhouse.destination()
    const folder = appWith(['@opentelemetry/api'])
    brokenPackage(folder, '@opentelemetry/sdk-node', '0.57.2')
    const args = [...registeredBy('--import'), 'spans.cjs']
    expect(await linesOf({ folder, args, env })).toEqual([
      expect.stringMatching(/@opentelemetry\/sdk-node 0\.57\.2 is too old .*: npm install/),
    ])
  },
)

test('in a working directory that has been removed the application starts, and is traced', async () => {
  const { database, env } = clickhouse.destination()
  const folder = appWith(SPANS)
  const register = join(folder, 'node_modules/@spanhouse/exporter-clickhouse/dist/cjs/register.js')
  const program = `
    const [folder, ...args] = process.argv.slice(1)
    fs.mkdirSync(folder)
    process.chdir(folder)
    fs.rmdirSync(folder)
    child_process.spawnSync(process.execPath, args, { stdio: 'inherit' })`
  const args = ['--eval', program, join(folder, 'gone'), '--require', register]
  const lines = await linesOf({ folder, args: [...args, join(folder, 'spans.cjs')], env })
  // Newer versions of Node need no thread for their hooks, and have nothing to say.
  for (const line of lines)
    expect(line).toContain(
      'cannot instrument what ES modules import: the working directory has been removed',
    )
  expect(await clickhouse.spansIn(database)).toEqual(BY_HAND)
})

test('packages and register may be in a folder of their own, beside an application without any', async () => {
  const { database, env } = clickhouse.destination()
  const otlp = await scriptedServer()
  const host = appWith(SPANS)
  const own = join(host, 'node_modules/@spanhouse/exporter-clickhouse')
  const app = realpathSync(temporaryDirectory())
  writeFileSync(join(app, 'package.json'), '{}')
  const program = `http.get(process.argv[1], (answer) => answer.resume().on('end', () => console.log('done')))`
  const lines = await linesOf({
    folder: app,
    args: ['--require', join(own, 'dist/cjs/register.js'), '--eval', program, otlp.url],
    env: {
      ...env,
      OTEL_TRACES_EXPORTER: 'clickhouse,otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp.url,
    },
  })
  expect(lines).toEqual([])
  expect(await clickhouse.spansIn(database)).toEqual(['http GET'])
  expect(otlp.requests.map(({ path }) => path)).toContain('/v1/traces')
})

describe('OTEL_TRACES_EXPORTER', () => {
  test('none: no span goes anywhere, without a warning', async () => {
    const { database, env } = clickhouse.destination()
    const lines = await linesOf({
      folder: appWith(SDK),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, OTEL_TRACES_EXPORTER: 'none' },
    })
    expect(lines).toEqual([])
    expect(await clickhouse.spansIn(database)).toEqual([])
  })

  test('clickhouse,console: spans go to both', async () => {
    const { database, env } = clickhouse.destination()
    const app = run({
      folder: appWith(SDK),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, OTEL_TRACES_EXPORTER: 'clickhouse,console' },
    })
    expect(await app.ended).toEqual([0, null])
    expect(app.output).toContain("name: 'outer'")
    expect(await clickhouse.spansIn(database)).toEqual(BY_HAND)
  })

  test('unset: spans, metrics and logs go to the OTLP endpoint, as without us', async () => {
    const collector = await scriptedServer()
    const lines = await linesOf({
      folder: appWith(SPANS),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    })
    expect(lines).toEqual([])
    const paths = new Set(collector.requests.map(({ path }) => path))
    expect(paths).toContain('/v1/traces')
    expect(paths).toContain('/v1/metrics')
  })
})
