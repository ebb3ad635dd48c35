import { copyFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import {
  installedClickHouse,
  installedVersion,
  libraries,
  type Output,
  putTarballs,
  run,
  scratchFolder,
  tarballOf,
  tool,
} from './packed.js'

const fixtures = join(import.meta.dirname, 'fixtures')
const folder = scratchFolder()

// The first one is a program in production, the second one also runs a ClickHouse of its own.
const programs = [
  {
    name: 'sdk2',
    sdk: ['@opentelemetry/api', '@opentelemetry/sdk-trace-base'],
    omit: 'optional',
    localServer: expect.stringContaining(
      'is not installed: install again with optional dependencies',
    ),
  },
  {
    name: 'sdk3',
    sdk: ['@opentelemetry/api', '@opentelemetry/sdk-trace'],
    omit: '',
    localServer: '42',
  },
]
const installs = new Map<string, Promise<Output>>()

beforeAll(async () => {
  putTarballs(folder)
  for (const program of programs) installs.set(program.name, install(program))
  await Promise.allSettled(installs.values())
})

describe.each(programs)('a program with $name', ({ name, localServer }) => {
  const home = join(folder, name)

  test('installs without a conflict', async () => {
    expect((await installs.get(name))?.stderr).not.toContain('ERESOLVE')
  })

  test('compiles with every strict flag, for Node in both module systems', async () => {
    await tool('tsc', '-p', home)
  })

  // Neither how modules are found nor the next two depend on the SDK.
  const isNeeded = LONG || name === 'sdk3'

  test.runIf(isNeeded)('compiles with every strict flag, for a bundler', async () => {
    await tool('tsc', '-p', join(home, 'tsconfig.bundler.json'))
  })

  test.runIf(isNeeded)(
    'compiles without the types of Node where it uses transform alone',
    async () => {
      await tool('tsc', '-p', join(home, 'tsconfig.pure.json'))
    },
  )

  test.each(['app.mjs', 'app.cjs'])('exports its spans and ends, as %s', async (app) => {
    const { stdout, stderr } = await run(process.execPath, [app], { cwd: home })
    expect(stderr).toBe('')
    const { lines, ...rest } = JSON.parse(stdout)
    expect(lines).toHaveLength(2)
    const insert = {
      sender: `spanhouse-exporter-clickhouse/${installedVersion('@spanhouse/exporter-clickhouse', '.')}`,
      statement: expect.stringMatching(/^INSERT INTO `telemetry`\.`traces` /),
      rows: lines.map((line: string) => expect.stringContaining(JSON.parse(line).span_id)),
    }
    const primary = { accepted: 2, delivered: 2, dropped: {}, waiting: 0 }
    expect(rest).toMatchObject({
      arrived: [insert, insert], // the exporter's and the processor's
      stats: [{ destinations: { primary } }, { destinations: { primary } }],
      wrongOption: 'ConfigError',
      localServer,
    })
  })

  test.runIf(isNeeded)(
    'may load both module systems in one process, which starts nothing and ends by itself',
    async () => {
      const { stdout, stderr } = await run(process.execPath, ['both.mjs'], { cwd: home })
      expect(stderr).toBe('')
      const { exported, inserts, ...rest } = JSON.parse(stdout)
      expect(exported.cjs).toEqual(exported.esm)
      expect(rest).toEqual({ started: [], listeners: 0, errors: [true, true] })
      const byCase = new Map<string, Arrived>(inserts.map((one: Arrived) => [one.case, one]))
      expect([...byCase.keys()].sort()).toEqual(
        ['none', 'other', 'own', 'same'].flatMap((name) => [
          `${name} in CommonJS`,
          `${name} in ESM`,
        ]),
      )
      const ours = ['none', 'same', 'other'].flatMap((name) =>
        [`${name} in CommonJS`, `${name} in ESM`].map((one) => byCase.get(one)),
      )
      // Compact, and known for the same rows, whichever copy the table is of.
      for (const one of ours)
        expect(one).toMatchObject({ token: ours[0]?.token, body: ours[0]?.body })
      expect(ours[0]?.body).toMatch(/^INSERT INTO `telemetry`\.`traces` .* SELECT .* FROM input\(/)
      const [inCjs, inEsm] = ['own in CommonJS', 'own in ESM'].map((one) => byCase.get(one))
      expect(inCjs?.body).toBe(inEsm?.body)
      expect(inCjs?.body).toMatch(
        /^INSERT INTO `default`\.`own` .* WITH .*shop\.cart.* SELECT .* FROM input\(/,
      )
      expect(inCjs?.token).not.toBe(inEsm?.token) // two batches of a table that is not ours
    },
  )
})

interface Arrived {
  readonly case: string
  readonly token: string
  readonly body: string
}

test('the local-clickhouse command comes with its package', async () => {
  const command = join(folder, 'sdk3/node_modules/.bin/local-clickhouse')
  expect((await run(command, ['--help'])).stdout).toContain('npx @spanhouse/local-clickhouse')
})

async function install({ name, sdk, omit }: (typeof programs)[number]): Promise<Output> {
  const home = join(folder, name)
  cpSync(join(fixtures, 'program'), home, { recursive: true })
  cpSync(join(fixtures, name), home, { recursive: true })
  for (const end of ['mts', 'cts'])
    for (const source of ['app', 'sdk'])
      copyFileSync(join(home, `${source}.ts`), join(home, `${source}.${end}`))
  const ours = libraries.map((one) => [`@spanhouse/${one}`, `file:${tarballOf(one, folder)}`])
  const theirs = sdk.map((one) => [one, installedVersion(one, `test/${name}`)])
  const manifest = {
    private: true,
    imports: { '#sdk': { import: './sdk.mjs', require: './sdk.cjs' } },
    dependencies: Object.fromEntries([...theirs, ...ours]),
    devDependencies: { '@types/node': installedVersion('@types/node', '.') },
    overrides: omit === 'optional' ? {} : installedClickHouse(),
  }
  writeFileSync(join(home, 'package.json'), JSON.stringify(manifest))
  return run('npm', ['install', `--omit=${omit}`, '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: home,
  })
}
