import { Agent } from 'node:http'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CERT } from '../../../../test/kit/raw-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { DestinationConfig } from '../../src/config/config.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { followGlobalClock } from '../global-clock.js'
import { errorOf, MiB, NO_ENV, only, parse, table } from './config-kit.js'

followGlobalClock()

function named(options: unknown, name: string, env: Record<string, string> = NO_ENV) {
  const found = parse(options, env).destinations.find((one) => one.name === name)
  if (!found) throw new Error(`no destination ${name}`)
  return found
}

describe('defaults', () => {
  test('without any options there is one destination, with every default', () => {
    const { destinations, ...rest } = parse(undefined)
    expect(rest).toEqual({
      summary: 'primary is localhost:8123, table telemetry.traces (flat, the default endpoint)',
      acknowledge: 'delivered',
      flushTimeoutMs: 10_000,
      shutdownTimeoutMs: 10_000,
      flushOnSignal: false,
      temporality: 'cumulative',
      doubts: [],
      warnings: true,
      limits: {},
      maxRowBytes: 8 * MiB,
      onDrop: undefined,
      meterProvider: undefined,
    })
    const { endpoint, ...primary } = destinations[0] as DestinationConfig
    expect(endpoint.href).toBe('http://localhost:8123/')
    expect(primary).toEqual({
      name: 'primary',
      signal: 'traces',
      targets: [
        {
          database: 'telemetry',
          table: 'traces',
          schema: flatTraces,
          creation: { ttl: undefined },
        },
      ],
      username: 'default',
      password: '',
      timeoutMs: 10_000,
      batch: { maxRows: 10_000, maxBytes: 8 * MiB, maxDelayMs: 1000 },
      compression: { codec: 'gzip', level: 3, thresholdBytes: 0 },
      retry: {
        maxRetries: Number.POSITIVE_INFINITY,
        initialDelayMs: 1000,
        multiplier: 2,
        maxDelayMs: 5000,
      },
      queue: { maxBytes: 64 * MiB, whenFull: 'drop_oldest' },
      spool: undefined,
      deadLetter: undefined,
      asyncInsert: false,
      manageSchema: 'create',
      tls: {},
      headers: {},
      settings: {},
      agent: undefined,
    })
    expect(destinations).toHaveLength(1)
  })

  test('the schema brings its own database and table', () => {
    const { database, table, schema } = only({ schema: 'otel' }).targets[0]
    expect({ database, table }).toEqual({ database: 'default', table: 'otel_traces' })
    expect(schema).toBe(otelTraces)
    expect(only({ schema: 'flat' }).targets[0].schema).toBe(flatTraces)
  })

  test('an option that is undefined is not given', () => {
    const nothing = {
      endpoint: undefined,
      batch: { maxRows: undefined },
      retry: { maxRetries: undefined },
      tls: { ca: undefined },
      limits: { rowBytes: undefined, eventCount: undefined },
      destinations: undefined,
      acknowledge: undefined,
    }
    expect(parse(nothing)).toEqual(parse({}))
  })
})

describe('levels', () => {
  const env = {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://from.env:1',
    OTEL_EXPORTER_CLICKHOUSE_DATABASE: 'env_db',
    OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'env_user',
    OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'env_password',
  }

  test('the environment overrides the defaults', () => {
    const { endpoint, targets, username, password } = only({}, env)
    expect([endpoint.host, targets[0].database, username, password]).toEqual([
      'from.env:1',
      'env_db',
      'env_user',
      'env_password',
    ])
  })

  test('code overrides the environment, setting by setting', () => {
    const { endpoint, targets, username, password } = only(
      { endpoint: 'http://from.code:2', username: 'code_user' },
      env,
    )
    expect([endpoint.host, targets[0].database, username, password]).toEqual([
      'from.code:2',
      'env_db',
      'code_user',
      'env_password',
    ])
  })

  test('a variable that is set to nothing is not set', () => {
    const empty = Object.fromEntries(Object.keys(env).map((name) => [name, '']))
    expect(parse({}, empty)).toEqual(parse({}))
  })

  test('process.env is what is read without an environment of one’s own', () => {
    process.env['OTEL_EXPORTER_CLICKHOUSE_DATABASE'] = 'of_the_process'
    try {
      expect(parseConfig('traces').destinations[0]?.targets[0].database).toBe('of_the_process')
    } finally {
      delete process.env['OTEL_EXPORTER_CLICKHOUSE_DATABASE']
    }
  })

  const unusable: [name: string, value: string, rule: RegExp][] = [
    ['ENDPOINT', 'ftp://host', /http:\/\/ or https:/],
    ['ENDPOINT', 'clickhouse:8123', /http:\/\/ or https:/],
    ['ENDPOINT', 'ch.example', /must be a URL/],
    ['ENDPOINT', 'http://host/#part', /no fragment/],
    ['USERNAME', 'a:b', /colon/],
    ['DATABASE', 'telemetry.traces', /dot.*database: 'telemetry', table: 'traces'/],
    ['WARNINGS', 'no', /'true' or 'false'/],
  ]
  test.each(unusable)(
    'a value of the environment that cannot be used is ignored and said, never thrown: %s=%s',
    (name, value, rule) => {
      const { doubts, ...rest } = parse({}, { [`OTEL_EXPORTER_CLICKHOUSE_${name}`]: value })
      expect(doubts).toHaveLength(1)
      expect(doubts[0]).toMatch(rule)
      expect(doubts[0]).toContain(`OTEL_EXPORTER_CLICKHOUSE_${name} `)
      expect(rest).toEqual({ ...parse({}), doubts: undefined })
    },
  )

  test('an unusable endpoint of the environment makes no primary beside a list', () => {
    const destinations = [{ name: 'b', endpoint: 'http://b' }]
    const config = parse({ destinations }, { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'b' })
    expect(config.destinations.map((one) => one.name)).toEqual(['b'])
  })

  test('what the code overrides is not complained of', () => {
    const environment = {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'nowhere',
      OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'a:b',
      OTEL_EXPORTER_CLICKHOUSE_DATABASE: 'a.b',
    }
    const code = { endpoint: 'http://h', username: 'u', database: 'd' }
    expect(parse(code, environment)).toEqual(parse(code))
  })

  test.each([
    ['false', false],
    ['FALSE', false],
    ['true', true],
    ['', true],
  ])('OTEL_EXPORTER_CLICKHOUSE_WARNINGS=%s', (value, warnings) => {
    expect(parse({}, { OTEL_EXPORTER_CLICKHOUSE_WARNINGS: value }).warnings).toBe(warnings)
  })
})

describe('destinations', () => {
  test('the flat form is one, named primary; the list adds more', () => {
    const { destinations } = parse({
      endpoint: 'http://a',
      destinations: [{ name: 'central', endpoint: 'http://b' }],
    })
    expect(destinations.map((one) => [one.name, one.endpoint.host])).toEqual([
      ['primary', 'a'],
      ['central', 'b'],
    ])
  })

  test('without an endpoint outside the list there is no primary', () => {
    const { destinations } = parse({
      table: 't',
      destinations: [
        { name: 'a', endpoint: 'http://a' },
        { name: 'b', endpoint: 'http://b' },
      ],
    })
    expect(destinations.map((one) => one.name)).toEqual(['a', 'b'])
  })

  test('an endpoint in the environment makes a primary beside the list', () => {
    const { destinations } = parse(
      { destinations: [{ name: 'central', endpoint: 'http://b' }] },
      { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://env' },
    )
    expect(destinations.map((one) => [one.name, one.endpoint.host])).toEqual([
      ['primary', 'env'],
      ['central', 'b'],
    ])
  })

  const agent = new Agent()
  const own = table('of_its_own')
  const overrides = {
    database: 'db2',
    table: 't2',
    username: 'u2',
    password: 'p2',
    schema: own,
    timeoutMs: 2,
    batch: { maxRows: 2, maxBytes: 22, maxDelayMs: 222 },
    compression: { codec: 'none', level: 2, thresholdBytes: 22 },
    retry: { maxRetries: 2, initialDelayMs: 22, multiplier: 22, maxDelayMs: 222 },
    queue: { maxBytes: 2, whenFull: 'drop_newest' },
    spool: { directory: '/spool2', maxBytes: 2, fsync: 'never', leaseMs: 222 },
    deadLetter: { table: 'dead2' },
    asyncInsert: false,
    manageSchema: 'off',
    ttl: 2,
    tls: { ca: `ca2\n${CERT}`, servername: 's2', rejectUnauthorized: false },
    headers: { 'x-a': '2' },
    settings: { max_threads: '2' },
    agent,
  } as const
  const defaults = {
    database: 'db1',
    table: 't1',
    username: 'u1',
    password: 'p1',
    schema: 'otel',
    timeoutMs: 1,
    batch: { maxRows: 1, maxBytes: 11, maxDelayMs: 111 },
    compression: { codec: 'gzip', level: 1, thresholdBytes: 11 },
    retry: { maxRetries: 1, initialDelayMs: 11, multiplier: 11, maxDelayMs: 111 },
    queue: { maxBytes: 1, whenFull: 'drop_oldest' },
    spool: { directory: '/spool1', maxBytes: 1, fsync: 'always', leaseMs: 111 },
    deadLetter: { directory: '/dead1', maxBytes: 1 },
    asyncInsert: true,
    manageSchema: 'create',
    ttl: 1,
    tls: { ca: `ca1\n${CERT}`, servername: 's1', rejectUnauthorized: true },
    headers: { 'x-a': '1' },
    settings: { max_threads: '1' },
    agent: new Agent(),
  } as const

  test('each inherits every default', () => {
    const { name, signal, endpoint, targets, ...inherited } = named(
      { ...defaults, destinations: [{ name: 'b', endpoint: 'http://b' }] },
      'b',
    )
    const { creation, ...target } = targets[0]
    expect({ ...inherited, ...target, ...creation }).toEqual({ ...defaults, schema: otelTraces })
  })

  test('each may override anything', () => {
    const { name, signal, endpoint, targets, ...own } = named(
      { ...defaults, destinations: [{ name: 'b', endpoint: 'http://b', ...overrides }] },
      'b',
    )
    const deadLetter = { database: overrides.database, ...overrides.deadLetter }
    const { creation, ...target } = targets[0]
    expect({ ...own, ...target, ...creation }).toEqual({ ...overrides, deadLetter })
  })

  test('an override in a group leaves the others of the group', () => {
    const { batch, retry, headers, settings } = named(
      {
        ...defaults,
        destinations: [
          {
            name: 'b',
            endpoint: 'http://b',
            batch: { maxRows: 7 },
            retry: { maxRetries: 'unlimited' },
            headers: { 'x-b': '7' },
            settings: { max_block_size: 7 },
          },
        ],
      },
      'b',
    )
    expect(batch).toEqual({ ...defaults.batch, maxRows: 7 })
    expect(retry).toEqual({ ...defaults.retry, maxRetries: Number.POSITIVE_INFINITY })
    expect(headers).toEqual({ 'x-a': '1', 'x-b': '7' })
    expect(settings).toEqual({ max_threads: '1', max_block_size: '7' })
  })

  test('equal groups are equal texts, in whatever order they were written: destinations that agree share batches', () => {
    const one = only({ batch: { maxRows: 7, maxDelayMs: 7 }, compression: { level: 2 } })
    const other = only({ compression: { level: 2 }, batch: { maxDelayMs: 7, maxRows: 7 } })
    for (const group of ['batch', 'compression'] as const)
      expect(JSON.stringify(one[group])).toBe(JSON.stringify(other[group]))
  })

  test('a table of its own takes the place of a default table, whole and as the same object', () => {
    const partitioned = { ...table('default'), partitionDay: () => 1 }
    const other = table('other')
    const destinations = [{ name: 'b', endpoint: 'http://b', schema: other }]
    expect(named({ schema: partitioned, destinations }, 'b').targets[0].schema).toBe(other)
  })

  test('credentials in the endpoint of one override the defaults', () => {
    const destinations = [{ name: 'b', endpoint: 'http://bob:bobs@b' }]
    const { username, password } = named(
      { username: 'alice', password: 'alices', destinations },
      'b',
    )
    expect([username, password]).toEqual(['bob', 'bobs'])
  })

  test('credentials in the endpoint of the primary are the defaults of the others no more than that endpoint', () => {
    const destinations = [{ name: 'b', endpoint: 'http://b' }]
    const { username, password } = named({ endpoint: 'http://alice:alices@a', destinations }, 'b')
    expect([username, password]).toEqual(['default', ''])
  })

  test('a name stands for one destination', () => {
    const twice = [
      { name: 'b', endpoint: 'http://b' },
      { name: 'b', endpoint: 'http://c' },
    ]
    expect(errorOf({ destinations: twice }).message).toContain('"b" is used twice')
    expect(
      errorOf({ endpoint: 'http://a', destinations: [{ name: 'primary', endpoint: 'http://b' }] })
        .message,
    ).toContain('"primary" is used twice')
  })

  test('each needs an endpoint of its own', () => {
    expect(errorOf({ destinations: [{ name: 'b' }] }).problems).toEqual([
      'destinations[b].endpoint is missing',
    ])
    expect(errorOf({ endpoint: 'http://a', destinations: [{ name: 'b' }] }).problems).toEqual([
      'destinations[b].endpoint is missing',
    ])
  })

  test('so does one that is named primary in the list', () => {
    expect(errorOf({ destinations: [{ name: 'primary' }] }).message).toContain(
      'endpoint is missing',
    )
  })

  test('an empty list and a name that cannot stand in a log line are refused', () => {
    expect(errorOf({ destinations: [] }).problems).toHaveLength(1)
    for (const name of ['', 'a b', 'a\nb', 'é', 'x'.repeat(65), 7, undefined])
      expect(errorOf({ destinations: [{ name, endpoint: 'http://b' }] }).problems).toHaveLength(1)
  })

  test('merging is right-biased, field by field', () => {
    const options = fc.record(
      {
        database: fc.constantFrom('x', 'y', undefined),
        timeoutMs: fc.constantFrom(1, 2, undefined),
        batch: fc.record(
          {
            maxRows: fc.constantFrom(1, 2, undefined),
            maxBytes: fc.constantFrom(1, 2, undefined),
          },
          { requiredKeys: [] },
        ),
        headers: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')),
        manageSchema: fc.constantFrom('create' as const, 'off' as const, undefined),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(options, options, (below, above) => {
        const both = named(
          { ...below, destinations: [{ name: 'b', endpoint: 'http://b', ...above }] },
          'b',
        )
        const { batch, headers, ...flat } = both
        const fallback = only({})
        expect(flat.targets[0].database).toBe(
          above.database ?? below.database ?? fallback.targets[0].database,
        )
        expect(flat.timeoutMs).toBe(above.timeoutMs ?? below.timeoutMs ?? fallback.timeoutMs)
        expect(flat.manageSchema).toBe(
          above.manageSchema ?? below.manageSchema ?? fallback.manageSchema,
        )
        for (const limit of ['maxRows', 'maxBytes'] as const)
          expect(batch[limit]).toBe(
            above.batch?.[limit] ?? below.batch?.[limit] ?? fallback.batch[limit],
          )
        expect(headers).toEqual({ ...below.headers, ...above.headers })
      }),
    )
  })
})

describe('the spool', () => {
  test('cannot be shared by destinations that differ about it', async () => {
    const directory = temporaryDirectory()
    const endpoint = 'http://127.0.0.1:9'
    const destinations = (['never', 'always'] as const).map((fsync) => ({
      name: fsync,
      endpoint,
      spool: { directory, fsync },
    }))
    expect(() => parseConfig('traces', { destinations })).toThrow('must agree on fsync and leaseMs')
  })
})
