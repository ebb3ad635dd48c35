import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import LongestFirst from './test/kit/longest-first.js'

const sdk = (version: 'sdk2' | 'sdk3') => ({
  '#sdk': fileURLToPath(new URL(`test/${version}/sdk.ts`, import.meta.url)),
  '@opentelemetry/api': fileURLToPath(
    new URL(`test/${version}/node_modules/@opentelemetry/api`, import.meta.url),
  ),
})

/** The build defines this one (scripts/task.mjs). */
const define = { SPANHOUSE_REGISTER_FILE: JSON.stringify(import.meta.filename) }

/** The command bundles these sources; tests use them as they are. */
const command = {
  '#exporter': fileURLToPath(
    new URL('packages/exporter-clickhouse/src/internal.ts', import.meta.url),
  ),
  '#receiver': fileURLToPath(new URL('packages/receiver/src/index.ts', import.meta.url)),
  '@opentelemetry/api': sdk('sdk2')['@opentelemetry/api'],
}

const LONG = process.env['SPANHOUSE_LONG'] === '1'

/**
 * Test files that use OpenTelemetry, or an exporter or client, which do. The others do not depend on its version, so only a long run
 * includes them.
 */
function withOpenTelemetry(folder: string): string[] {
  const here = new URL(`${folder}/`, import.meta.url)
  const meets = (name: string) =>
    /#sdk|@opentelemetry\/api|openClient|(exporters|diag-lines|http-kit)\.js/.test(
      readFileSync(new URL(name, here), 'utf8'),
    )
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && (LONG || meets(name)))
    .map((name) => `${folder}/${name}`)
}

// A limit ends a test that hangs; it must never fail a slow one on a busy machine.
const patient = {
  execArgv: ['--no-warnings'], // many tests have destinations that never take a row; 'warning' listeners still get them
  testTimeout: LONG ? 3_600_000 : 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000, interval: 10 } },
}

export default defineConfig({
  test: {
    // Half of the running tests are waiting: for a deadline, a server's start, an installation.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit:transform',
          include: ['packages/transform/test/*.test.ts'],
          ...patient,
        },
      },
      {
        test: {
          name: 'unit:exporter',
          include: ['packages/exporter-clickhouse/test/**/*.test.ts'],
          ...patient,
        },
        resolve: { alias: sdk('sdk2') },
        define,
      },
      {
        test: {
          name: 'sdk3:exporter',
          include: withOpenTelemetry('packages/exporter-clickhouse/test'),
          ...patient,
        },
        resolve: { alias: sdk('sdk3') },
        define,
      },
      {
        test: {
          name: 'server:local-clickhouse',
          include: ['packages/local-clickhouse/test/*.test.ts'],
          ...patient,
        },
      },
      {
        test: { name: 'server:sdk2', include: ['test/integration/*.test.ts'], ...patient },
        resolve: { alias: sdk('sdk2') },
      },
      {
        test: { name: 'server:sdk3', include: withOpenTelemetry('test/integration'), ...patient },
        resolve: { alias: sdk('sdk3') },
      },
      { test: { name: 'examples', include: ['test/{examples,docker}/*.test.ts'], ...patient } },
      { test: { name: 'demo', include: ['test/demo/*.test.ts'], testTimeout: 300_000 } },
      {
        test: {
          name: 'delivery',
          include: ['test/delivery/*.test.ts'],
          ...patient,
        },
        resolve: {
          alias: {
            ...sdk('sdk2'),
            '@spanhouse/exporter-clickhouse': fileURLToPath(
              new URL('packages/exporter-clickhouse/src/index.ts', import.meta.url),
            ),
          },
        },
      },
      {
        test: {
          name: 'unit:queries',
          include: ['packages/queries/test/**/*.test.ts'],
          ...patient,
        },
      },
      {
        test: { name: 'unit:viewer', include: ['packages/viewer/test/**/*.test.ts'], ...patient },
      },
      {
        test: {
          name: 'unit:spanhouse',
          include: ['packages/spanhouse/test/**/*.test.ts'],
          ...patient,
        },
        resolve: { alias: command },
      },
      {
        test: {
          name: 'unit:receiver',
          include: ['packages/receiver/test/**/*.test.ts'],
          ...patient,
        },
        resolve: { alias: command },
      },
      {
        test: { name: 'receiver', include: ['test/receiver/*.test.ts'], ...patient },
        resolve: { alias: command },
      },
      { test: { name: 'server:queries', include: ['test/queries/*.test.ts'], ...patient } },
      {
        test: { name: 'command', include: ['test/command/*.test.ts'], ...patient },
        resolve: { alias: command },
      },
      {
        test: { name: 'doctor', include: ['test/doctor/*.test.ts'], ...patient },
        resolve: { alias: command },
      },
      {
        test: { name: 'page', include: ['test/page/*.test.ts'], ...patient },
        resolve: { alias: command },
      },
      { test: { name: 'bench', include: ['bench/**/*.test.mjs'], ...patient } },
      { test: { name: 'register', include: ['test/register/*.test.ts'], ...patient } },
      {
        test: { name: 'troubleshooting', include: ['test/troubleshooting/*.test.ts'], ...patient },
      },
      {
        test: {
          name: 'packed',
          include: ['test/packed/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/*.test.ts'],
          ...patient,
        },
        resolve: {
          alias: {
            ...sdk('sdk2'),
            '@spanhouse/exporter-clickhouse': fileURLToPath(
              new URL('packages/exporter-clickhouse/src/index.ts', import.meta.url),
            ),
          },
        },
      },
    ],
  },
})
