import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { errorOf, only, parse, table } from './config-kit.js'

describe('values', () => {
  test('a table of the user’s own from defineTable is taken as it is', () => {
    const own = table('mine')
    const config = only({ schema: own }).targets[0]
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
    'endpoint with an unknown parameter': { endpoint: `http://host/?passwrd=${secret}` },
    'endpoint with a wrong parameter': { endpoint: `http://host/?batch.maxRows=${secret}` },
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
