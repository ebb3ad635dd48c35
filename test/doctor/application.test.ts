import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nodeVersion } from '../../packages/spanhouse/src/doctor/application/node.js'
import { preloadsIn } from '../../packages/spanhouse/src/doctor/application/node-options.js'
import { sdk } from '../../packages/spanhouse/src/doctor/application/sdk.js'
import { type Surroundings, surroundingsOf } from '../../packages/spanhouse/src/doctor/facts.js'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

// Nothing listens there, so that only the application is looked at.
const NOWHERE = 'http://127.0.0.1:9'
const OURS = '@spanhouse/exporter-clickhouse/register'
const AUTO = '@opentelemetry/auto-instrumentations-node'
const API = '@opentelemetry/api'
const SDK = '@opentelemetry/sdk-node'

function examine(
  env: Record<string, string> = {},
  cwd = '/',
  ...args: string[]
): Promise<DoctorRun> {
  return runDoctor(['--json', ...args], {
    env: { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: NOWHERE, ...env },
    cwd,
  })
}

const levels = (run: DoctorRun, check: string) => run.of(check).map(({ level }) => level)
const texts = (run: DoctorRun, check: string) =>
  run
    .of(check)
    .map(({ text }) => text)
    .join('\n')

/** An application: manifests by the path of their folder. */
function application(packages: Record<string, object>, dependencies: string[] = []): string {
  const folder = temporaryDirectory()
  const write = (path: string, manifest: object) => {
    mkdirSync(join(folder, path), { recursive: true })
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify(manifest))
  }
  write('.', {
    name: 'shop',
    dependencies: Object.fromEntries(dependencies.map((one) => [one, '*'])),
  })
  for (const [path, manifest] of Object.entries(packages))
    write(join('node_modules', path), manifest)
  return folder
}

describe('the configuration', () => {
  test('shows what is set and where it comes from, without secrets; with --verbose also the defaults', async () => {
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://me:in-the-url@127.0.0.1:9/',
      OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_ROWS: '77',
      OTEL_EXPORTER_CLICKHOUSE_HEADERS: 'x-key=in-the-header',
    }
    const run = await examine(env)
    expect(texts(run, 'configuration')).toContain(
      'primary: batch.maxRows = 77 (OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_ROWS)',
    )
    expect(run.out).not.toMatch(/in-the-url|in-the-header/)
    expect(texts(run, 'configuration')).not.toContain('timeoutMs')
    expect(texts(await examine(env, '/', '--verbose'), 'configuration')).toContain(
      'primary: timeoutMs = 10000 (default)',
    )
  })

  test('from a file is shown with its line; a mistake in it is a problem, and no destination is checked', async () => {
    const file = join(temporaryDirectory(), 'spanhouse.yaml')
    writeFileSync(file, `endpoint: ${NOWHERE}\nbatch:\n  maxRows: 5\n`)
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: '',
      OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE: file,
    }
    expect(texts(await examine(env), 'configuration')).toContain(`batch.maxRows = 5 (${file}:3`)
    writeFileSync(file, `endpoint: ${NOWHERE}\nbatch:\n  maxRoms: 5\n`)
    const run = await examine(env)
    expect(levels(run, 'configuration')).toContain('problem')
    expect(run.json.findings.filter(({ destination }) => destination !== null)).toEqual([])
    expect(run.code).toBe(2)
  })

  test('a variable that is ignored is a warning', async () => {
    const run = await examine({ OTEL_EXPORTER_CLICKHOUSE_TIMEOUT: 'soon' })
    expect(run.of('configuration')).toContainEqual(
      expect.objectContaining({
        level: 'warning',
        text: expect.stringContaining('OTEL_EXPORTER_CLICKHOUSE_TIMEOUT'),
      }),
    )
  })

  test('every destination is checked, in its own section', async () => {
    const run = await examine({
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: '',
      OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS: 'here,there',
      OTEL_EXPORTER_CLICKHOUSE_HERE_ENDPOINT: NOWHERE,
      OTEL_EXPORTER_CLICKHOUSE_THERE_ENDPOINT: NOWHERE,
    })
    expect(run.of('tcp').map(({ destination }) => destination)).toEqual(['here', 'there'])
  })

  test('--endpoint replaces the configured ones, and is named as the source', async () => {
    const run = await examine(
      {
        OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS: 'here',
        OTEL_EXPORTER_CLICKHOUSE_HERE_ENDPOINT: NOWHERE,
      },
      '/',
      '--endpoint',
      '127.0.0.1:19',
    )
    expect(run.of('tcp').map(({ destination }) => destination)).toEqual(['primary'])
    expect(texts(run, 'configuration')).toContain('endpoint = http://127.0.0.1:19/ (--endpoint)')
  })
})

test('variables in a .env file that is not loaded are named, without their values', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(
    join(cwd, '.env'),
    'export OTEL_EXPORTER_CLICKHOUSE_PASSWORD=in-the-file\nOTEL_TRACES_EXPORTER = clickhouse\nOTHER=1\n',
  )
  const run = await examine({ OTEL_TRACES_EXPORTER: 'clickhouse' }, cwd)
  expect(run.of('configuration')).toContainEqual(
    expect.objectContaining({
      level: 'warning',
      text: 'OTEL_EXPORTER_CLICKHOUSE_PASSWORD in .env does not count here, because the file is not loaded',
    }),
  )
  expect(run.out).not.toContain('in-the-file')
})

describe('where traces go', () => {
  test.each([
    [{ OTEL_TRACES_EXPORTER: 'clickhouse' }, ['ok']],
    [{ OTEL_TRACES_EXPORTER: 'otlp,clickhouse' }, ['ok']],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, ['warning']],
    [{ OTEL_TRACES_EXPORTER: 'none' }, ['warning']],
    [{ OTEL_TRACES_EXPORTER: 'clickhuose' }, ['warning', 'warning']],
    [{}, ['warning']],
    [{ OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: '' }, ['ok']],
  ])('%j: %j', async (env, expected) => {
    expect(levels(await examine(env as Record<string, string>), 'traces-exporter')).toEqual(
      expected,
    )
  })

  test('without any variable it says which way leads to ClickHouse', async () => {
    const run = await examine({ OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: '' })
    expect(run.of('traces-exporter')[0]?.text).toBe(
      'ClickHouse with `spanhouse dev` and `run`; otlp with `register` alone, because OTEL_TRACES_EXPORTER is not set',
    )
  })

  test.each([
    [{}, 'ok'],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, 'ok'],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, 'problem'],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_always_off' }, 'problem'],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' }, 'ok'],
    [
      { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.001' },
      'warning',
    ],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: 'half' }, 'warning'],
    [{ OTEL_TRACES_SAMPLER: 'mine' }, 'warning'],
  ])('the sampler %j: %s', async (env, level) => {
    expect(levels(await examine(env as Record<string, string>), 'sampler')).toEqual([level])
  })

  test('OTEL_SDK_DISABLED is a problem', async () => {
    expect(levels(await examine({ OTEL_SDK_DISABLED: 'TRUE' }), 'sdk-disabled')).toEqual([
      'problem',
    ])
    expect(levels(await examine(), 'sdk-disabled')).toEqual(['ok'])
  })
})

describe('NODE_OPTIONS', () => {
  const HOOK = '@opentelemetry/instrumentation/hook.mjs'
  test.each([
    ['', 'ok', 'loads no register'],
    ['--enable-source-maps', 'ok', 'loads no register'],
    [`--import ${OURS}`, 'ok', 'loads our register'],
    [`--require=${OURS}`, 'ok', 'loads our register'],
    [`--import "/opt/with space/node_modules/${OURS}.js"`, 'ok', 'loads our register'],
    [`--import ${OURS} -r ${OURS}`, 'warning', 'twice'],
    [`--import ${OURS} --require ${AUTO}/register`, 'warning', 'starts an SDK of its own'],
    [`--require ${AUTO}/register`, 'warning', 'starts an SDK of its own'],
    [`--import ${OURS} --experimental-loader=${HOOK}`, 'warning', 'after our register'],
    [`--experimental-loader ${HOOK} --import ${OURS}`, 'warning', 'does itself'],
    [`--import ./app-setup.mjs --import ${OURS}`, 'warning', './app-setup.mjs before our register'],
  ])('%s: %s, %s', async (options, level, text) => {
    expect((await examine({ NODE_OPTIONS: options })).of('node-options')[0]).toMatchObject({
      level,
      text: expect.stringContaining(text),
    })
  })

  test('and a script that loads the register again are found together', async () => {
    const folder = application({})
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ scripts: { start: `node --import ${OURS} app.js`, test: 'vitest' } }),
    )
    expect(
      (await examine({ NODE_OPTIONS: `--import ${OURS}` }, folder)).of('node-options'),
    ).toMatchObject([{ level: 'warning', text: 'the script "start" loads our register again' }])
    expect(levels(await examine({}, folder), 'node-options')).toEqual(['ok'])
  })

  test('is read as Node reads it', () => {
    expect(
      preloadsIn('-r a --import=b --require "c d" --loader e --max-old-space-size=5 --import'),
    ).toEqual([
      { flag: 'require', name: 'a' },
      { flag: 'import', name: 'b' },
      { flag: 'require', name: 'c d' },
      { flag: 'loader', name: 'e' },
    ])
  })
})

describe('the packages', () => {
  test('of a folder without an application are skipped, on one line', async () => {
    const run = await examine({}, temporaryDirectory())
    expect(levels(run, 'application')).toEqual(['skipped'])
    expect(levels(run, 'sdk')).toEqual(['skipped'])
  })

  test('without an SDK are a warning, whose command --fix --yes runs with the package manager in use', async () => {
    const folder = application({}, ['express'])
    writeFileSync(join(folder, 'pnpm-lock.yaml'), '')
    const run = await examine({}, folder)
    expect(run.of('sdk')).toMatchObject([
      {
        level: 'warning',
        commands: [{ text: expect.stringMatching(/^pnpm add @opentelemetry\/auto/) }],
      },
    ])
    const bin = temporaryDirectory()
    const seen = join(bin, 'seen')
    writeFileSync(join(bin, 'pnpm'), `#!/bin/sh\necho "$PWD $*" > ${seen}\n`)
    chmodSync(join(bin, 'pnpm'), 0o755)
    const before = process.env['PATH']
    process.env['PATH'] = `${bin}:${before}`
    try {
      const mended = await examine({}, folder, '--fix', '--yes')
      expect(mended.json.mended).toMatchObject([{ result: 'done' }])
    } finally {
      process.env['PATH'] = before
    }
    expect(readFileSync(seen, 'utf8')).toMatch(/ add @opentelemetry\/auto-instrumentations-node/)
  })

  test('a command that fails is reported, and the exit code stays', async () => {
    const folder = application({}, ['express'])
    writeFileSync(join(folder, 'bun.lock'), '') // bun is not installed here
    const run = await examine({}, folder, '--fix', '--yes')
    expect(run.json.mended?.[0]).toMatchObject({
      result: expect.stringMatching(/failed/),
      error: expect.any(String),
    })
  })

  test.each([
    [SDK, '0.57.0', 'problem', 'too old'],
    ['@opentelemetry/sdk-trace-node', '1.30.0', 'problem', 'too old'],
    [SDK, '0.220.0', 'ok', SDK],
    ['@opentelemetry/sdk-trace-base', '2.1.0', 'ok', '2.1.0'],
  ])('%s %s: %s', async (name, version, level, text) => {
    const run = await examine({}, application({ [name]: { version } }))
    expect(run.of('sdk')).toMatchObject([{ level, text: expect.stringContaining(text) }])
  })

  test('SDK 3 needs Node 22.15', async () => {
    const cwd = application({ '@opentelemetry/sdk-trace': { version: '3.0.0' } })
    const on = (node: string) =>
      sdk.run(
        surroundingsOf(
          {},
          cwd,
          { endpoint: undefined, endpointFrom: '', testSpan: false, verbose: false },
          node,
        ),
        new AbortController().signal,
      )
    expect(await on('20.20.0')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('22.15') },
    ])
    expect(await on('22.15.0')).toMatchObject([{ level: 'ok' }])
  })

  test('an SDK that pnpm hides behind the auto-instrumentations is found', async () => {
    const store = 'node_modules/.pnpm/auto@1/node_modules'
    const folder = application({})
    for (const [name, version] of [
      [AUTO, '0.60.0'],
      [SDK, '0.210.0'],
    ] as const) {
      mkdirSync(join(folder, store, name), { recursive: true })
      writeFileSync(join(folder, store, name, 'package.json'), JSON.stringify({ version }))
    }
    mkdirSync(dirname(join(folder, 'node_modules', AUTO)), { recursive: true })
    symlinkSync(join(folder, store, AUTO), join(folder, 'node_modules', AUTO))
    expect((await examine({}, folder)).of('sdk')).toMatchObject([
      { level: 'ok', text: `${SDK} 0.210.0` },
    ])
  })

  test('one copy of the API is fine; several are a warning; one newer than that of the SDK is a problem', async () => {
    const one = { [SDK]: { version: '0.210.0' }, [API]: { version: '1.9.0' } }
    expect(levels(await examine({}, application(one)), 'api')).toEqual(['ok'])
    const older = await examine(
      {},
      application({
        ...one,
        [`some-library/node_modules/${API}`]: { version: '1.7.0' },
        'some-library': { version: '1.0.0' },
      }),
    )
    expect(older.of('api')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('2 copies') },
    ])
    const newer = await examine(
      {},
      application({ ...one, [`${SDK}/node_modules/${API}`]: { version: '1.8.0' } }),
    )
    expect(newer.of('api')).toMatchObject([
      { level: 'problem', text: expect.stringMatching(/1\.8\.0.*newer copy \(1\.9\.0\)/) },
    ])
  })

  test('an API that is newer than the SDK wants is a warning', async () => {
    const run = await examine(
      {},
      application({
        [SDK]: { version: '0.210.0', peerDependencies: { [API]: '>=1.3.0 <1.10.0' } },
        [API]: { version: '1.10.0' },
      }),
    )
    expect(run.of('api')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('<1.10.0') },
    ])
  })

  test('libraries without their instrumentation are named', async () => {
    const express = '@opentelemetry/instrumentation-express'
    const lacking = await examine(
      {},
      application({ [express]: { version: '1.0.0' } }, ['express', 'pg', 'left-pad']),
    )
    expect(lacking.of('instrumentations')).toMatchObject([
      { level: 'warning', text: expect.stringMatching(/^of pg there/) },
    ])
    const all = await examine({}, application({ [AUTO]: { version: '0.60.0' } }, ['express', 'pg']))
    expect(levels(all, 'instrumentations')).toEqual(['ok'])
  })

  test("of Yarn's Plug'n'Play are not looked at", async () => {
    const folder = application({}, ['express'])
    writeFileSync(join(folder, '.pnp.cjs'), '')
    const run = await examine({}, folder)
    expect(levels(run, 'application')).toEqual(['skipped'])
    expect(levels(run, 'instrumentations')).toEqual(['skipped'])
  })

  test('folders that link to themselves do not keep it from ending', async () => {
    const folder = application({ [API]: { version: '1.9.0' } })
    symlinkSync(folder, join(folder, 'node_modules', 'shop'))
    expect(levels(await examine({}, folder), 'api')).toEqual(['ok'])
  })
})

test.each([
  ['18.20.0', 'problem'],
  ['20.18.3', 'problem'],
  ['20.19.0', 'ok'],
  ['21.7.0', 'problem'],
  ['22.11.0', 'problem'],
  ['22.12.0', 'ok'],
  ['24.0.0', 'ok'],
])('Node %s: %s', (node, level) => {
  expect(nodeVersion.run({ node } as Surroundings, new AbortController().signal)).toMatchObject([
    { level },
  ])
})
