import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundlers } from './bundlers.js'
import { installedVersion, putTarballs, run, scratchFolder, tarballOf } from './packed.js'

const LONG = process.env['SPANHOUSE_LONG'] === '1'
const fixture = join(import.meta.dirname, 'fixtures/bundle')
const folder = scratchFolder()
const home = join(folder, 'app')
const input = join(home, 'app.mjs')

const all = Object.keys(bundlers).flatMap((bundler) =>
  (['esm', 'cjs'] as const).flatMap((format) =>
    [true, false].map((minify) => ({ bundler, format, minify })),
  ),
)
// Those that need nothing but what the workspace has, and are quick. The others are in `npm run test:long`.
const quick = ['esbuild esm', 'esbuild cjs', 'rolldown esm']
const tried = LONG
  ? all
  : all.filter((one) => one.minify && quick.includes(`${one.bundler} ${one.format}`))

let server: ClickHouseServer
let unbundled: string

beforeAll(async () => {
  const starting = startClickHouse()
  putTarballs(folder)
  const theirs = ['@opentelemetry/api', '@opentelemetry/sdk-trace']
  const ours = ['transform', 'exporter-clickhouse']
  await install(home, {
    ...Object.fromEntries(theirs.map((name) => [name, installedVersion(name, 'test/sdk3')])),
    ...Object.fromEntries(ours.map((n) => [`@spanhouse/${n}`, `file:${tarballOf(n, folder)}`])),
  })
  copyFileSync(join(fixture, 'app.mjs'), input)
  if (LONG) await install(folder, JSON.parse(readFileSync(join(fixture, 'bundlers.json'), 'utf8')))
  server = await starting
  unbundled = await outputOf(input, 'unbundled')
})

afterAll(() => server?.stop())

test.each(tried)(
  'an application bundled by $bundler, as $format, minified: $minify, delivers as it does unbundled',
  async ({ bundler, ...how }) => {
    const name = `${bundler}_${how.format}_${how.minify ? 'min' : 'plain'}`
    // Where there is nothing to be found but Node.js's own modules.
    const file = join(folder, 'bundles', name, how.format === 'esm' ? 'app.mjs' : 'app.cjs')
    await bundlers[bundler]?.({ ...how, input, file, bundlers: folder })
    expect(await outputOf(file, name)).toBe(unbundled)
    const stored = "count(), groupUniqArray(attributes['shop.bundle'])"
    expect(await server.query(`SELECT ${stored} FROM ${name}.traces`)).toBe(`2\t['${name}']\n`)
  },
)

test('the application says unbundled what is expected of it', () => {
  const { problems, ...rows } = JSON.parse(unbundled)
  expect(rows).toEqual({ accepted: 2, delivered: 2 })
  expect(problems).toMatch(/^ConfigError: .*timeoutMs/)
})

async function outputOf(file: string, name: string): Promise<string> {
  const env = { ...process.env, OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url, BUNDLE_NAME: name }
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder, env })
  expect(stderr).toBe('')
  return stdout
}

async function install(at: string, dependencies: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(at, { recursive: true })
  writeFileSync(join(at, 'package.json'), JSON.stringify({ private: true, dependencies }))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: at })
}
