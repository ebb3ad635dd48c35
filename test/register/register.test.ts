import { describe, expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { appWith, type Flag, registeredBy, run, WHOLE } from './app.js'
import { useClickHouse } from './clickhouse.js'

const clickhouse = useClickHouse()

const ways: [string, string, Flag][] = [
  ['CommonJS', 'server.cjs', '--require'],
  ['CommonJS', 'server.cjs', '--import'],
  ['ES modules', 'server.mjs', '--require'],
  ['ES modules', 'server.mjs', '--import'],
]

/** The hooks of Node that each way needs do not depend on the SDK, so in a short run each way is taken with one of the two. */
const taken = (sdk: 2 | 3) =>
  LONG ? ways : ways.filter((_, nth) => (nth === 0 || nth === 3) === (sdk === 2))

describe.each([2, 3] as const)('with SDK %s', (sdk) => {
  test.each(taken(sdk))(
    'an Express application of %s (%s) is traced by %s',
    async (_, script, flag) => {
      const { database, env } = clickhouse.destination()
      const args = [...registeredBy(flag), script, 'end']
      const app = run({ folder: appWith(WHOLE, sdk), args, env })
      expect(await app.ended).toEqual([0, null])
      expect(app.output).toMatch(/^answered\n(listeners .*\n)?$/)
      const spans = await clickhouse.spansIn(database)
      expect(spans).toContain('http GET /hello/:name') // the server's span, with the route that Express knows
      expect(spans).toContain('http GET') // the client's
      expect(spans.filter((span) => span.startsWith('express '))).not.toEqual([])
      expect(new Set(await clickhouse.valuesIn(database, 'service_name'))).toEqual(
        new Set(['shop']),
      )
      // The resource is described by process and host, and by nobody who asks the network.
      const keys = await clickhouse.valuesIn(database, 'arrayJoin(mapKeys(resource_attributes))')
      expect(keys).toEqual(expect.arrayContaining(['process.pid', 'host.name']))
      expect(keys.filter((key) => /^(os|cloud)\./.test(key))).toEqual([])
    },
  )

  test('where only a tracer provider is installed, spans made by hand are stored, with parents', async () => {
    const { database, env } = clickhouse.destination()
    const app = run({
      folder: appWith(PLAIN[sdk], sdk),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' },
    })
    expect(await app.ended).toEqual([0, null])
    expect(app.output).toBe('done\n')
    expect(await clickhouse.spansIn(database)).toEqual(['by-hand inner', 'by-hand outer'])
    const values = "service_name, environment, parent_span_id != ''"
    expect(await clickhouse.valuesIn(database, values)).toEqual(['shop\ttest\t1', 'shop\ttest\t0'])
  })

  test.runIf(LONG || sdk === 3)('a tracer provider follows OTEL_TRACES_SAMPLER', async () => {
    const { database, env } = clickhouse.destination()
    const app = run({
      folder: appWith(PLAIN[sdk], sdk),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: { ...env, OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
    })
    expect(await app.ended).toEqual([0, null])
    expect(await clickhouse.spansIn(database)).toEqual([])
  })
})

const PLAIN = {
  2: ['sdk-trace-base', 'context-async-hooks', 'api'].map((name) => `@opentelemetry/${name}`),
  3: ['sdk-trace', 'context-async-hooks', 'api'].map((name) => `@opentelemetry/${name}`),
}

test('NODE_OPTIONS reaches worker threads and child processes, and traces each of them', async () => {
  const { database, env } = clickhouse.destination()
  const app = run({
    folder: appWith(['@opentelemetry/auto-instrumentations-node', '@opentelemetry/api']),
    args: ['family.cjs'],
    env: { ...env, NODE_OPTIONS: registeredBy('--require').join(' ') },
  })
  expect(await app.ended).toEqual([0, null])
  expect(app.output).toBe('thread done\nprocess done\n')
  expect(await clickhouse.spansIn(database)).toEqual([
    'by-hand in a process',
    'by-hand in a thread',
    'by-hand in the first process',
  ])
})

test('an application of ES modules in a worker thread is traced', async () => {
  const { database, env } = clickhouse.destination()
  const app = run({
    folder: appWith(WHOLE),
    args: [...registeredBy('--import'), 'thread.mjs'],
    env,
  })
  expect(await app.ended).toEqual([0, null])
  expect(app.output).toBe('answered\n')
  const spans = await clickhouse.spansIn(database)
  expect(spans).toContain('http GET /hello/:name')
})

test('in AWS Lambda, its instrumentation is loaded too, and ES modules are still traced', async () => {
  const { database, env } = clickhouse.destination()
  const app = run({
    folder: appWith(WHOLE),
    args: [...registeredBy('--import'), 'server.mjs', 'end'],
    env: { ...env, AWS_LAMBDA_FUNCTION_NAME: 'shop', OTEL_LOG_LEVEL: 'debug' },
  })
  expect(await app.ended).toEqual([0, null])
  expect(app.output).toMatch(/instrumentations: aws-lambda, /)
  expect(app.warnings).toEqual([])
  expect(await clickhouse.spansIn(database)).toContain('http GET /hello/:name')
})

test('with OTEL_LOG_LEVEL there is one line of ours at the start, and none about loggers', async () => {
  const { env } = clickhouse.destination()
  const app = run({
    folder: appWith(WHOLE),
    args: [...registeredBy('--require'), 'server.cjs', 'end'],
    env: { ...env, OTEL_LOG_LEVEL: 'info' },
  })
  expect(await app.ended).toEqual([0, null])
  expect(app.output).not.toContain('overwritten')
  expect(app.output.split('\n').filter((line) => line.startsWith('spanhouse: '))).toHaveLength(1)
})

test('resource detectors are those of OTEL_NODE_RESOURCE_DETECTORS, and an unknown name causes a warning', async () => {
  const { database, env } = clickhouse.destination()
  const app = run({
    folder: appWith([...WHOLE, '@opentelemetry/api']),
    args: [...registeredBy('--import'), 'spans.cjs'],
    env: { ...env, OTEL_NODE_RESOURCE_DETECTORS: 'os, hots' },
  })
  expect(await app.ended).toEqual([0, null])
  const keys = await clickhouse.valuesIn(database, 'arrayJoin(mapKeys(resource_attributes))')
  expect(keys).toContain('os.type')
  expect(keys).not.toContain('host.name')
  expect(app.warnings).toEqual([expect.stringContaining('finds no resource detector "hots"')])
})

describe('instrumentations', () => {
  const traced = async (variables: NodeJS.ProcessEnv) => {
    const { database, env } = clickhouse.destination()
    const args = [...registeredBy('--require'), 'server.cjs', 'end']
    const app = run({ folder: appWith(WHOLE), args, env: { ...env, ...variables } })
    expect(await app.ended).toEqual([0, null])
    const scopes = (await clickhouse.spansIn(database)).map((span) => span.split(' ')[0])
    return { scopes: [...new Set(scopes)], warnings: app.warnings }
  }

  test('are switched off by OTEL_NODE_DISABLED_INSTRUMENTATIONS', async () => {
    const { scopes } = await traced({ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'express,net, router' })
    expect(scopes).toEqual(['http'])
  })

  test('are only those of OTEL_NODE_ENABLED_INSTRUMENTATIONS, and a name that is not installed causes a warning', async () => {
    const { scopes, warnings } = await traced({ OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'net,expres' })
    expect(scopes).toEqual(['net'])
    expect(warnings).toEqual([
      expect.stringMatching(/finds no instrumentation "expres", .*did you mean "express"/),
    ])
  })

  test('that the application has itself are used if the auto-instrumentations are not installed', async () => {
    const { database, env } = clickhouse.destination()
    const own = ['sdk-node', 'instrumentation-http'].map((name) => `@opentelemetry/${name}`)
    const app = run({
      folder: appWith([...own, 'express']),
      args: [...registeredBy('--import'), 'server.cjs', 'end'],
      env,
    })
    expect(await app.ended).toEqual([0, null])
    expect(await clickhouse.spansIn(database)).toEqual(['http GET', 'http GET'])
  })
})
