import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'
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

/** Tests of the whole exporter: its sources as they are, so that a mutant needs no build (test/mutants). */
const sources = {
  ...sdk('sdk2'),
  '@spanhouse/exporter-clickhouse': fileURLToPath(
    new URL('packages/exporter-clickhouse/src/index.ts', import.meta.url),
  ),
}

const isShuffled = process.argv.some((one) => one.startsWith('--sequence.shuffle'))
const LONG = process.env['SPANHOUSE_LONG'] === '1'

/** The test files in `folder`, or those among them whose text this is true for. */
function filesIn(folder: string, isMeant: (text: string) => boolean = () => true): string[] {
  const here = new URL(`${folder}/`, import.meta.url)
  return readdirSync(here, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .filter((name) => isMeant(readFileSync(new URL(name, here), 'utf8')))
    .map((name) => `${folder}/${name}`)
}

/**
 * Files whose subject is a record of the SDK, or the API's context. What the others test does not depend on their version, so only a long
 * run repeats them with SDK 3. A log of OpenTelemetry (`diag`) is heard in many of them: those with SDK 3 hear that of its API.
 */
const meetsSdk = (text: string): boolean =>
  LONG || /#sdk|\{ (context|trace) \} from '@opentelemetry\/api'/.test(text)

/**
 * Replaces a module, or a clock, for as long as its process runs. So does an instrumentation: the first one hooks `require`, and a built-in
 * module that was required since then is not patched by later ones.
 */
const needsItsOwnProcess = (text: string): boolean =>
  /vi\.mock\(|followGlobalClock|mock\.timers|Instrumentations?\(/.test(text)

/** Starting a process and loading the same modules for each file would cost more than most files do. */
const together = { isolate: false }

// A limit ends a test that hangs; it must never fail a slow one on a busy machine.
const patient = {
  execArgv: ['--no-warnings'], // many tests have destinations that never take a row; 'warning' listeners still get them
  testTimeout: LONG ? 3_600_000 : 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000, interval: 10 } },
}

/** Two projects: files that can share a process, and files that cannot. */
function apart(
  name: string,
  folder: string,
  {
    setupFiles = [],
    ...more
  }: Pick<TestProjectInlineConfiguration, 'resolve' | 'define'> & {
    setupFiles?: string[]
  },
  isMeant: (text: string) => boolean = () => true,
): TestProjectInlineConfiguration[] {
  const one = (own: boolean) => ({
    test: {
      name: own ? `${name}:alone` : name,
      include: filesIn(folder, (text) => isMeant(text) && needsItsOwnProcess(text) === own),
      ...patient,
      ...(own ? {} : together),
      setupFiles,
    },
    ...structuredClone(more), // vitest empties the `define` of each project
  })
  return [one(false), one(true)]
}

/** The unit tests of the exporter with one version of the SDK. */
const exporter = (name: string, version: 'sdk2' | 'sdk3', isMeant?: (text: string) => boolean) =>
  apart(
    name,
    'packages/exporter-clickhouse/test',
    { resolve: { alias: sdk(version) }, define, setupFiles: ['test/kit/forget-warnings.ts'] },
    isMeant,
  )

export default defineConfig({
  test: {
    // Half of the running tests are waiting: for a deadline, a server's start, an installation.
    maxWorkers: availableParallelism() + 1,
    // A sequencer of our own would switch `--sequence.shuffle.files` off, without a word.
    sequence: isShuffled ? {} : { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit:transform',
          include: ['packages/transform/test/*.test.ts'],
          ...patient,
          ...together,
        },
      },
      ...exporter('unit:exporter', 'sdk2'),
      ...exporter('sdk3:exporter', 'sdk3', meetsSdk),
      {
        test: {
          name: 'server:local-clickhouse',
          include: ['packages/local-clickhouse/test/*.test.ts'],
          ...patient,
        },
      },
      {
        test: {
          name: 'server:sdk2',
          include: ['test/integration/*.test.ts'],
          ...patient,
          ...together,
        },
        resolve: { alias: sdk('sdk2') },
      },
      {
        test: {
          name: 'server:sdk3',
          include: filesIn('test/integration', meetsSdk),
          ...patient,
          ...together,
        },
        resolve: { alias: sdk('sdk3') },
      },
      { test: { name: 'examples', include: ['test/{examples,docker}/*.test.ts'], ...patient } },
      { test: { name: 'demo', include: ['test/demo/*.test.ts'], testTimeout: 300_000 } },
      {
        test: {
          name: 'delivery',
          include: ['test/delivery/*.test.ts'],
          ...patient,
          ...together,
        },
        resolve: { alias: sources },
      },
      {
        test: {
          name: 'unit:queries',
          include: ['packages/queries/test/**/*.test.ts'],
          ...patient,
          ...together,
        },
      },
      {
        test: {
          name: 'unit:viewer',
          include: ['packages/viewer/test/**/*.test.ts'],
          ...patient,
          ...together,
        },
      },
      {
        test: {
          name: 'unit:spanhouse',
          include: ['packages/spanhouse/test/**/*.test.ts'],
          ...patient,
          ...together,
        },
        resolve: { alias: command },
      },
      {
        test: {
          name: 'unit:receiver',
          include: ['packages/receiver/test/**/*.test.ts'],
          ...patient,
          ...together,
        },
        resolve: { alias: command },
      },
      {
        test: { name: 'receiver', include: ['test/receiver/*.test.ts'], ...patient, ...together },
        resolve: { alias: command },
      },
      {
        test: {
          name: 'server:queries',
          include: ['test/queries/*.test.ts'],
          ...patient,
          ...together,
        },
      },
      { test: { name: 'dashboards', include: ['test/dashboards/*.test.ts'], ...patient } },
      {
        test: {
          name: 'command',
          include: ['test/command/*.test.ts'],
          setupFiles: ['test/command/after-each-file.ts'],
          ...patient,
          ...together,
        },
        resolve: { alias: command },
      },
      {
        test: { name: 'doctor', include: ['test/doctor/*.test.ts'], ...patient, ...together },
        resolve: { alias: command },
      },
      {
        // They share a browser and the built page, too.
        test: { name: 'page', include: ['test/page/*.test.ts'], ...patient, ...together },
        resolve: { alias: command },
      },
      { test: { name: 'bench', include: ['bench/**/*.test.mjs'], ...patient } },
      { test: { name: 'register', include: ['test/register/*.test.ts'], ...patient } },
      {
        test: { name: 'troubleshooting', include: ['test/troubleshooting/*.test.ts'], ...patient },
      },
      {
        test: {
          name: 'release',
          include: ['test/release/*.test.{ts,mjs}'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'packed',
          include: ['test/packed/*.test.ts'],
          globalSetup: 'test/packed/pack-once.ts',
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      ...apart('faults', 'test/faults', { resolve: { alias: sources } }),
    ],
  },
})
