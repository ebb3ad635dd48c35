import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { manifestAbove } from '../../src/common/application-modules.js'
import { choose } from '../../src/register/instrumentations.js'
import { installCommand, isTooOld } from '../../src/register/sdk-version.js'
import { type OtherSignals, otherSignals } from '../../src/register/signals.js'
import { TARGETS } from '../../src/register/targets.js'

const AUTO = '@opentelemetry/auto-instrumentations-node'
const PREFIX = '@opentelemetry/instrumentation-'

interface Make {
  new (options: object): AutoInstrumentation
  readonly prototype: { readonly setTracerProvider?: unknown } | undefined
}

interface AutoInstrumentation {
  readonly instrumentationName?: string
  readonly _modules?: readonly { readonly name: string }[]
}

describe.each([2, 3])('the auto-instrumentations of SDK %s', (sdk) => {
  const app = createRequire(
    fileURLToPath(new URL(`../../../../test/app-sdk${sdk}/any.js`, import.meta.url)),
  )
  const auto = createRequire(app.resolve(AUTO))
  const { dependencies } = manifestAbove(app.resolve(AUTO), AUTO) ?? {}
  const names = Object.keys(dependencies ?? {}).filter((name) => name.startsWith(PREFIX))
  const shorts = names.map((name) => name.slice(PREFIX.length))

  test('are found, and are all in our table, so that a new one is noticed', () => {
    expect(shorts).toContain('express')
    expect(shorts.filter((short) => !Object.hasOwn(TARGETS, short))).toEqual([])
  })

  test('patch no module that our table does not name', () => {
    const missing = names.flatMap((name) => {
      const short = name.slice(PREFIX.length)
      const Class = Object.values<Make>(auto(name)).find((one) => one.prototype?.setTracerProvider)
      const { _modules = [] }: AutoInstrumentation = Class ? new Class({ enabled: false }) : {}
      const known = TARGETS[short]?.map((target) => target.replace(/^node:/, '')) ?? []
      const modules = _modules.map((one) => one.name.replace(/\/promises$/, ''))
      return modules.filter((one) => !known.includes(one)).map((one) => `${short}: ${one}`)
    })
    expect(missing).toEqual([])
  })

  test('that are on by default are the same as theirs, if the application has all modules', () => {
    const theirs: AutoInstrumentation[] = app(AUTO).getNodeAutoInstrumentations()
    const ours = choose(
      shorts,
      { AWS_LAMBDA_FUNCTION_NAME: 'f' },
      { has: () => true, hasMetrics: true },
    )
    expect(ours.map((short) => PREFIX + short).sort()).toEqual(
      theirs.map(({ instrumentationName }) => instrumentationName).sort(),
    )
  })
})

describe('the choice of instrumentations', () => {
  const around = { has: (name: string) => name === 'pg-pool', hasMetrics: false }
  const installed = ['http', 'fs', 'pg', 'koa', 'runtime-node', 'aws-lambda', 'their-own']

  test.each<[string, NodeJS.ProcessEnv, string[]]>([
    [
      'what the runtime has, what the application has, and what we do not know',
      {},
      ['http', 'pg', 'their-own'],
    ],
    [
      'those of Lambda only there',
      { AWS_LAMBDA_FUNCTION_NAME: 'f' },
      ['http', 'pg', 'aws-lambda', 'their-own'],
    ],
    [
      'what is asked for, whatever the application has',
      { OTEL_NODE_ENABLED_INSTRUMENTATIONS: ' fs , koa' },
      ['fs', 'koa'],
    ],
    ['not what is refused', { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, ['pg', 'their-own']],
    [
      'not what is asked for and refused',
      { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'fs,koa', OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'fs' },
      ['koa'],
    ],
  ])('%s', (_, env, chosen) => {
    expect(choose(installed, env, around)).toEqual(chosen)
  })
})

const FOLLOW = { metrics: 'follows', logs: 'follows' } as const
const UNSET = { metrics: 'unset', logs: 'unset' } as const

test.each<[NodeJS.ProcessEnv, OtherSignals]>([
  [{}, FOLLOW],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, FOLLOW],
  [{ OTEL_TRACES_EXPORTER: 'clickhouse, otlp' }, FOLLOW],
  [{ OTEL_TRACES_EXPORTER: 'clickhous' }, FOLLOW], // means otlp, with a warning
  [{ OTEL_TRACES_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: ' ' }, FOLLOW],
  [
    { OTEL_TRACES_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'None' },
    { ...FOLLOW, logs: 'none' },
  ],
  [{ OTEL_TRACES_EXPORTER: 'clickhouse' }, UNSET],
  [{ OTEL_TRACES_EXPORTER: 'Console' }, UNSET],
  [{ OTEL_TRACES_EXPORTER: 'none' }, UNSET],
  [
    { OTEL_TRACES_EXPORTER: 'clickhouse', OTEL_METRICS_EXPORTER: 'prometheus' },
    { ...UNSET, metrics: 'asked' },
  ],
  [
    { OTEL_TRACES_EXPORTER: 'clickhouse', OTEL_LOGS_EXPORTER: 'console' },
    { ...UNSET, logs: 'asked' },
  ],
  [
    { OTEL_LOGS_EXPORTER: 'clickhouse', OTEL_METRICS_EXPORTER: 'none' },
    { metrics: 'none', logs: 'asked' },
  ],
])('metrics and logs, with %j: %j', (env, wishes) => {
  expect(otherSignals(env)).toEqual(wishes)
})

test.each([
  ['20.20.2', '@0.81'],
  ['22.14.0', '@0.81'],
  ['22.15.0', ''],
  ['26.0.0', ''],
])('on Node %s, the newest SDK that runs there is recommended', (node, version) => {
  expect(installCommand(node)).toBe(`npm install ${AUTO}${version}`)
})

test.each([
  ['0.57.2', true],
  ['1.30.1', true],
  ['0.200.0', false],
  ['2.12.1', false],
  ['3.1.1', false],
  ['', false], // its manifest cannot be read
])('SDK %s: too old %s', (version, expected) => {
  expect(isTooOld({ version })).toBe(expected)
})
