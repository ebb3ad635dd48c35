import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { inspect } from 'node:util'
import {
  defineTable,
  flatTraces,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../src/common/errors.js'
import type { Config, DestinationConfig } from '../src/config/config.js'
import type { Options } from '../src/config/options.js'
import { parseConfig } from '../src/config/parse-config.js'

const MiB = 1024 * 1024
const NO_ENV = {}

function parse(options: unknown, env: Record<string, string> = NO_ENV): Config {
  return parseConfig(options as Options, env)
}

function only(options: unknown, env: Record<string, string> = NO_ENV): DestinationConfig {
  const { destinations } = parse(options, env)
  expect(destinations).toHaveLength(1)
  return destinations[0] as DestinationConfig
}

function named(options: unknown, name: string, env: Record<string, string> = NO_ENV) {
  const found = parse(options, env).destinations.find((one) => one.name === name)
  if (!found) throw new Error(`no destination ${name}`)
  return found
}

function errorOf(options: unknown, env: Record<string, string> = NO_ENV): ConfigError {
  try {
    parse(options, env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error as ConfigError
  }
  throw new Error('taken without complaint')
}

function table(name: string): Table<SpanLike> {
  return defineTable<SpanLike>({
    name,
    columns: [{ name: 'span_name', type: 'String', value: (span) => span.name }],
    orderBy: 'span_name',
  })
}

const PEM = readFileSync(new URL('fixtures/test-only-cert.pem', import.meta.url), 'utf8')

describe('defaults', () => {
  test('without any options there is one destination, with every default', () => {
    const { destinations, ...rest } = parse(undefined)
    expect(rest).toEqual({
      acknowledge: 'delivered',
      flushTimeoutMs: 10_000,
      shutdownTimeoutMs: 10_000,
      flushOnSignal: false,
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
      targets: {
        traces: { database: 'telemetry', table: 'traces', schema: flatTraces, ttl: undefined },
      },
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
    const { database, table, schema } = only({ schema: 'otel' }).targets.traces
    expect({ database, table }).toEqual({ database: 'default', table: 'otel_traces' })
    expect(schema).toBe(otelTraces)
    expect(only({ schema: 'flat' }).targets.traces.schema).toBe(flatTraces)
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
    expect([endpoint.host, targets.traces.database, username, password]).toEqual([
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
    expect([endpoint.host, targets.traces.database, username, password]).toEqual([
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
      expect(parseConfig().destinations[0]?.targets.traces.database).toBe('of_the_process')
    } finally {
      delete process.env['OTEL_EXPORTER_CLICKHOUSE_DATABASE']
    }
  })

  const unusable: [name: string, value: string, rule: RegExp][] = [
    ['ENDPOINT', 'ftp://host', /http:\/\/ or https:/],
    ['ENDPOINT', 'clickhouse:8123', /http:\/\/ or https:/],
    ['ENDPOINT', 'ch.example', /must be a URL/],
    ['ENDPOINT', 'http://host/?user=a', /no query/],
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

describe('endpoint', () => {
  test.each([
    ['http://localhost:8123', 'http:', 'localhost:8123', '/'],
    ['http://localhost:8123/', 'http:', 'localhost:8123', '/'],
    ['https://ch.example', 'https:', 'ch.example', '/'],
    ['https://ch.example/click/house', 'https:', 'ch.example', '/click/house'],
    ['https://ch.example/click/house//', 'https:', 'ch.example', '/click/house'],
    ['http://[::1]:8123', 'http:', '[::1]:8123', '/'],
    ['HTTP://LocalHost:8123', 'http:', 'localhost:8123', '/'],
    ['http://user:pass@ch.example:1/p/', 'http:', 'ch.example:1', '/p'],
  ])('%s', (text, protocol, host, path) => {
    const { endpoint } = only({ endpoint: text })
    expect([endpoint.protocol, endpoint.host, endpoint.pathname]).toEqual([protocol, host, path])
    expect(endpoint.username + endpoint.password).toBe('')
  })

  test.each([
    ['', 'URL'],
    ['garbage', 'URL'],
    ['//ch.example', 'URL'],
    ['http://', 'URL'],
    ['http://host:99999', 'URL'],
    ['localhost:8123', 'http:// or https://'],
    ['ftp://host', 'http:// or https://'],
    ['tcp://host:9000', 'http:// or https://'],
    ['clickhouse://host:9000', 'http:// or https://'],
    ['file:///etc/passwd', 'http:// or https://'],
    ['http://host/?database=x', 'query'],
    ['http://host/#part', 'fragment'],
    ['http://%ff@host', 'percent-encoded'],
    ['http://user:%zz@host', 'percent-encoded'],
  ])('%j is refused', (endpoint, rule) => {
    const { problems } = errorOf({ endpoint })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^endpoint/)
    expect(problems[0]).toContain(rule)
  })

  test('user and password in it are moved out, decoded', () => {
    const { endpoint, username, password } = only({ endpoint: 'http://b%40b:p%3A%2F%C3%A9@host:1' })
    expect([username, password]).toEqual(['b@b', 'p:/é'])
    expect(endpoint.href).toBe('http://host:1/')
  })

  test('`username` and `password` beside it come first', () => {
    const { username, password } = only({
      endpoint: 'http://inside:inside@host',
      username: 'beside',
      password: 'beside too',
    })
    expect([username, password]).toEqual(['beside', 'beside too'])
  })

  test('a user name with a colon in it is refused there too: Basic authentication cannot carry it', () => {
    expect(errorOf({ endpoint: 'http://a%3Ab:secret-canary@host' }).message).toContain('colon')
  })

  test('credentials in an endpoint of the code override those of the environment', () => {
    const { username, password } = only(
      { endpoint: 'http://code:code-password@host' },
      {
        OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'env',
        OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'env-password',
      },
    )
    expect([username, password]).toEqual(['code', 'code-password'])
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
    tls: { ca: `ca2\n${PEM}`, servername: 's2', rejectUnauthorized: false },
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
    tls: { ca: `ca1\n${PEM}`, servername: 's1', rejectUnauthorized: true },
    headers: { 'x-a': '1' },
    settings: { max_threads: '1' },
    agent: new Agent(),
  } as const

  test('each inherits every default', () => {
    const { name, endpoint, targets, ...inherited } = named(
      { ...defaults, destinations: [{ name: 'b', endpoint: 'http://b' }] },
      'b',
    )
    expect({ ...inherited, ...targets.traces }).toEqual({ ...defaults, schema: otelTraces })
  })

  test('each may override anything', () => {
    const { name, endpoint, targets, ...own } = named(
      { ...defaults, destinations: [{ name: 'b', endpoint: 'http://b', ...overrides }] },
      'b',
    )
    const deadLetter = { database: overrides.database, ...overrides.deadLetter }
    expect({ ...own, ...targets.traces }).toEqual({ ...overrides, deadLetter })
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
    expect(named({ schema: partitioned, destinations }, 'b').targets.traces.schema).toBe(other)
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
        expect(flat.targets.traces.database).toBe(
          above.database ?? below.database ?? fallback.targets.traces.database,
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

describe('values', () => {
  test('a table of the user’s own from defineTable is taken as it is', () => {
    const own = table('mine')
    const config = only({ schema: own }).targets.traces
    expect(config.schema).toBe(own)
    expect([config.database, config.table]).toEqual(['default', 'mine'])
  })

  test('settings become text: true is 1, and they are in one order however they were written', () => {
    const { settings } = only({ settings: { b: true, a: false, d: 1.5, c: 'x' } })
    expect(JSON.stringify(settings)).toBe('{"a":"0","b":"1","c":"x","d":"1.5"}')
  })

  test('limits keep what is given', () => {
    const { limits, maxRowBytes } = parse({ limits: { eventCount: 0, rowBytes: 100 } })
    expect({ limits, maxRowBytes }).toEqual({ limits: { eventCount: 0 }, maxRowBytes: 100 })
  })

  test('maxRetries 0 is no retry at all', () => {
    expect(only({ retry: { maxRetries: 0 } }).retry.maxRetries).toBe(0)
  })

  const wrong: [path: string, options: object, shown: string, rule: RegExp][] = [
    ['database', { database: '' }, '""', /must not be empty/],
    ['table', { table: 7 }, '7', /string/],
    ['username', { username: 'a:b' }, '"a:b"', /colon/],
    ['schema', { schema: 'parquet' }, '', /flat.*otel.*defineTable/],
    ['schema', { schema: { name: 'no table' } }, '', /flat.*otel.*defineTable/],
    ['timeoutMs', { timeoutMs: 0 }, '0', /a number of milliseconds from 1 to/],
    ['timeoutMs', { timeoutMs: '10s' }, '"10s"', /number/],
    ['timeoutMs', { timeoutMs: Number.NaN }, 'NaN', /number/],
    ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }, 'Infinity', /number/],
    ['timeoutMs', { timeoutMs: 2 ** 31 }, '2147483648', /from 1 to 2147483647 /],
    ['batch', { batch: 5 }, '5', /object/],
    ['batch.maxRows', { batch: { maxRows: 0 } }, '0', /a whole number from 1 to 1000000 /],
    ['batch.maxRows', { batch: { maxRows: 1.5 } }, '1.5', /whole number/],
    ['batch.maxBytes', { batch: { maxBytes: -1 } }, '-1', /a whole number of bytes from 1 /],
    ['batch.maxDelayMs', { batch: { maxDelayMs: -1 } }, '-1', /milliseconds from 0 /],
    ['compression.codec', { compression: { codec: 'lz4' } }, '"lz4"', /gzip/],
    ['compression.level', { compression: { level: 10 } }, '10', /from 1 to 9 /],
    ['retry.maxRetries', { retry: { maxRetries: -1 } }, '-1', /unlimited/],
    ['retry.maxRetries', { retry: { maxRetries: 'three' } }, '"three"', /unlimited/],
    ['retry.multiplier', { retry: { multiplier: 0.5 } }, '0.5', /a number from 1 to 100 /],
    ['queue.maxBytes', { queue: { maxBytes: '64MB' } }, '"64MB"', /number/],
    ['queue.whenFull', { queue: { whenFull: 'block' } }, '"block"', /drop_oldest/],
    ['manageSchema', { manageSchema: true }, 'true', /create/],
    ['ttl', { ttl: 0 }, '0', /a whole number of seconds, 1 or more /],
    ['agent', { agent: {} }, 'object', /Agent/],
    ['acknowledge', { acknowledge: 'maybe' }, '"maybe"', /delivered/],
    ['flushTimeoutMs', { flushTimeoutMs: null }, 'null', /number/],
    ['destinations', { destinations: {} }, 'object', /must be a list/],
    [
      'destinations.0.batch.maxRows',
      { destinations: [{ name: 'b', endpoint: 'http://b', batch: { maxRows: 0 } }] },
      '0',
      /from 1 to 1000000 /,
    ],
    ['settings.max_threads', { settings: { max_threads: {} } }, 'object', /string|number/],
  ]
  test.each(wrong)('%s: %j is refused with its path, the rule and the value', (...row) => {
    const [path, options, shown, rule] = row
    const { problems } = errorOf(options)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}\\b`))
    expect(problems[0]).toContain(shown)
    expect(problems[0]).toMatch(rule)
  })

  test.each([
    'async_insert',
    'wait_for_async_insert',
    'insert_deduplicate',
    'insert_deduplication_token',
    'query',
    'query_id',
    'user',
    'password',
    'default_format',
    'wait_end_of_query',
    'deduplicate_blocks_in_dependent_materialized_views',
    'input_format_parallel_parsing',
    'deduplicate_insert',
    'limit',
    'timeout_overflow_mode',
    'min_insert_block_size_rows',
    'input_format_allow_errors_num',
  ])('the setting %s is the exporter’s own', (name) => {
    expect(errorOf({ settings: { [name]: '1' } }).problems).toEqual([
      `settings.${name} is set by the exporter`,
    ])
  })

  test.each(['', 'a b', 'a=1&b', 'a-b', '1a', 'a\n'])('%j is no setting name', (name) => {
    expect(errorOf({ settings: { [name]: '1' } }).problems).toHaveLength(1)
  })

  test.each(['Content-Length', 'content-encoding', 'HOST', 'Transfer-Encoding', 'connection'])(
    'the header %s is the exporter’s own',
    (name) => {
      expect(errorOf({ headers: { [name]: '1' } }).message).toContain('is set by the exporter')
    },
  )

  test.each(['a\r\nx-evil: 1', 'a\nb', 'a\rb', '\0', 'ü€', '\x7f'])(
    'a header value of %j is refused: nothing is injected',
    (value) => {
      const { message, problems } = errorOf({ headers: { 'x-a': value } })
      expect(problems).toHaveLength(1)
      expect(message).toContain('headers.x-a')
      expect(message).not.toContain(value)
    },
  )

  test.each(['', 'a b', 'a:b', 'a\r\nx-evil', 'é'])('%j is no header name', (name) => {
    expect(errorOf({ headers: { [name]: '1' } }).problems).toHaveLength(1)
  })

  test('key and certificate of the client belong together', () => {
    expect(errorOf({ tls: { cert: 'c' } }).message).toContain('cert and key')
    expect(errorOf({ tls: { key: 'k' } }).message).toContain('cert and key')
  })

  test('what is no certificate or key is found here, not at the first request', () => {
    const { message } = errorOf({ tls: { cert: 'no PEM', key: 'secret-canary' } })
    expect(message).toContain('tls')
    expect(message).not.toContain('canary')
  })
})

describe('ConfigError', () => {
  test('lists every problem at once', () => {
    const { message, problems } = errorOf({
      endpoint: 'ftp://host',
      timeoutMs: -1,
      batch: { maxRows: 0, maxDelayMs: 'x' },
      colour: 'red',
      destinations: [
        { name: 'b', endpoint: 'nowhere' },
        { name: 'b', endpoint: 'http://b', ttl: 0 },
        { name: 'c' },
      ],
    })
    for (const path of [
      'endpoint',
      'timeoutMs',
      'batch.maxRows',
      'batch.maxDelayMs',
      'colour',
      'destinations.0.endpoint',
      '"b" is used twice',
      'destinations.1.ttl',
      'destinations[c].endpoint',
    ])
      expect(
        problems.filter((problem) => problem.includes(path)),
        path,
      ).not.toEqual([])
    for (const problem of problems) expect(message).toContain(problem)
  })

  test('names options that are none', () => {
    expect(
      errorOf({
        url: 'x',
        batch: { size: 1 },
        destinations: [{ name: 'b', acknowledge: 'accepted' }],
      }).problems,
    ).toEqual(
      expect.arrayContaining([
        'url is not an option: did you mean `endpoint`?',
        'batch.size is not an option',
        'destinations.0.acknowledge is not an option: it applies to all destinations, so set it outside `destinations`',
      ]),
    )
  })

  test.each([[null], [7], [[]], [() => {}], ['text']])('%j are no options', (options) => {
    expect(errorOf(options).problems).toHaveLength(1)
  })

  const secret = 'canary-5ecret'
  const leaky: Record<string, unknown> = {
    'password of the wrong type': { password: { value: secret } },
    'password as an array': { password: [secret] },
    'password of a destination': { destinations: [{ name: 'b', password: [secret] }] },
    'header value': { headers: { authorization: `Bearer ${secret}\n` } },
    'header value that is no text': { headers: { authorization: [secret] } },
    'headers as text': { headers: `authorization: Bearer ${secret}` },
    'header line as a name': { headers: { [`authorization: Bearer ${secret}`]: '' } },
    'tls key': { tls: { key: [secret] } },
    'tls as text': { tls: secret },
    'tls key without certificate': { tls: { key: secret } },
    'unusable tls key': { tls: { key: secret, cert: secret } },
    'endpoint that is no URL': { endpoint: `http//user:${secret}@host` },
    'endpoint of another scheme': { endpoint: `ftp://user:${secret}@host` },
    'endpoint with a query': { endpoint: `http://host/?password=${secret}` },
    'endpoint whose password is badly encoded': { endpoint: `http://u:${secret}%zz@host` },
    'endpoint of a destination': {
      destinations: [{ name: 'b', endpoint: `ftp://user:${secret}@host` }],
    },
    'endpoint of the wrong type': { endpoint: [`http://user:${secret}@host`] },
    'endpoint in place of options': `http://user:${secret}@host`,
    'endpoint in place of a destination': { destinations: [`http://user:${secret}@host`] },
    'endpoint in place of destinations': { destinations: `http://user:${secret}@host` },
    'endpoint in place of a name': {
      destinations: [{ name: `http://user:${secret}@host`, endpoint: 'http://b' }],
    },
    'endpoint in place of an agent': { agent: `http://user:${secret}@proxy` },
    'endpoint in place of a key': { [`http://user:${secret}@host`]: 1 },
    'misspelt password': { passwort: secret },
  }
  test.each(Object.entries(leaky))('never shows a secret: %s', (_, options) => {
    const error = errorOf(options)
    for (const text of [
      error.message,
      error.stack,
      inspect(error, { depth: null, showHidden: true }),
    ])
      expect(text).not.toContain(secret)
    expect(error.cause).toBeUndefined()
  })

  test('never shows what the environment holds', () => {
    const environment = {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: `htp://user:${secret}@host`,
      OTEL_EXPORTER_CLICKHOUSE_USERNAME: `user:${secret}`,
      OTEL_EXPORTER_CLICKHOUSE_WARNINGS: secret,
      OTEL_EXPORTER_CLICKHOUSE_PASSWORD: secret,
    }
    const { doubts } = parse({}, environment)
    expect(doubts).toHaveLength(3)
    expect(doubts.join()).not.toContain(secret)
    const error = errorOf({ ttl: 0 }, environment)
    expect(inspect(error, { depth: null })).not.toContain(secret)
  })

  test('is one line, however long the values are', () => {
    const { message } = errorOf({ database: 1, schema: 'x\ny', acknowledge: 'z'.repeat(10_000) })
    expect(message).not.toContain('\n')
    expect(message.length).toBeLessThan(1000)
  })
})
