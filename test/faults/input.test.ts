import { ConfigError, type Options } from '@spanhouse/exporter-clickhouse'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import type { RequestHead } from '../kit/http-wire.js'
import type { SignalName } from '../kit/numbered-records.mjs'
import { LONG } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { exporterTo } from './exports.js'
import { figures } from './figures.js'
import { NAMES } from './hostile-names.js'
import { HEAVY_VALUES, VALUES } from './hostile-values.js'
import { randomOf, SEED } from './seed.js'

describe('what goes over the wire', () => {
  async function headsOf(options: (endpoint: string) => Options): Promise<RequestHead[]> {
    const heads: RequestHead[] = []
    const server = await new ScriptedClickHouse(undefined, (exchange) => {
      heads.push(exchange.head)
      return answer(exchange)
    }).listen()
    onTestFinished(() => server.close())
    const exporter = exporterTo(options(server.url))
    await new Promise((resolve) => exporter.export([makeSpan()], resolve))
    expect(statsOf(exporter)).toMatchObject({ delivered: 1 })
    return heads
  }

  test('has headers as they were given, and no others because of them', async () => {
    const plain = Object.keys((await headsOf((endpoint) => ({ endpoint })))[0]?.headers ?? {})
    const headers = {
      'x-latin': 'caf\xe9 \xff',
      'x-tab': 'a\tb',
      'x-quotes': `"';:,=`,
      'x-empty': '',
      "!#$%&'*+.^_`|~": 'every character of a name',
      constructor: 'c',
      AUTHORIZATION: 'Bearer t',
    }
    const [head] = await headsOf((endpoint) => ({
      endpoint,
      headers,
      username: 'u',
      password: 'p',
    }))
    const expected = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    expect(head?.headers).toMatchObject(expected)
    expect(Object.keys(head?.headers ?? {}).sort()).toEqual(
      [...plain, ...Object.keys(expected)].sort(),
    )
  })

  test.each([
    ['/a b/ü', '/a%20b/%C3%BC'],
    ['/%0d%0ax-evil:%201', '/%0d%0ax-evil:%201'],
    ['/a/../..//b/', '//b'],
    ['\\a\\b', '/a/b'],
    ['/"<>`', '/%22%3C%3E%60'],
    ['/a;b=c&d', '/a;b=c&d'],
    ['?', ''],
    ['#', ''],
    [' ', ''],
  ])('has one path for an endpoint that ends in %j', async (end, path) => {
    const [head] = await headsOf((endpoint) => ({ endpoint: `${endpoint}${end}` }))
    expect(head?.target.startsWith(`${path}/?`)).toBe(true)
    expect(head?.target).toMatch(/^[!-~]+$/)
  })

  test.each(['localhost', '127.1', '0x7f.1', '2130706433', 'LOCALHOST'])(
    'goes to the host that %s stands for',
    async (host) => {
      const heads = await headsOf((endpoint) => ({ endpoint: endpoint.replace('127.0.0.1', host) }))
      expect(heads[0]?.headers['host']).toMatch(/^(localhost|127\.0\.0\.1):\d+$/)
    },
  )
})

const SIGNALS = ['logs', 'metrics', 'traces'] as const

// For four megabytes; a long run has a hundred.
const DEADLINE_MS = LONG ? 5000 : 1000

/** Undefined if the options can be used. Otherwise checks that the error comes soon and lists the problems on one line. */
function refusalOf(
  options: unknown,
  env: NodeJS.ProcessEnv = {},
  signals: readonly SignalName[] = SIGNALS,
): ConfigError | undefined {
  let refusal: unknown
  for (const signal of signals) {
    // CPU time of this process: others may use the machine at the moment.
    const before = process.cpuUsage()
    try {
      parseConfig(signal, options as Options, env)
    } catch (error) {
      refusal ??= error
    }
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(DEADLINE_MS)
  }
  if (refusal === undefined) return undefined
  expect(refusal).toBeInstanceOf(ConfigError)
  const { message, problems, cause } = refusal as ConfigError
  expect(cause).toBeUndefined()
  expect(message).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]|zod|\bat .*:\d+:\d+/iu)
  expect(problems.length).toBeGreaterThan(0)
  // A path, then the problem.
  const unclear = problems.filter(
    (problem) => problem.length > 600 || !/^[\w.[\]() -]+?:? .{8,}/.test(problem),
  )
  expect(unclear).toEqual([])
  return refusal as ConfigError
}

const STRINGS = ['endpoint', 'database', 'table', 'username', 'password']
const CHOICES = [
  'schema',
  'manageSchema',
  'acknowledge',
  'compression.codec',
  'queue.whenFull',
  'spool.fsync',
]
const NUMBERS = [
  'timeoutMs',
  'ttl',
  'flushTimeoutMs',
  'shutdownTimeoutMs',
  'batch.maxRows',
  'batch.maxBytes',
  'batch.maxDelayMs',
  'compression.level',
  'compression.thresholdBytes',
  'retry.maxRetries',
  'retry.initialDelayMs',
  'retry.multiplier',
  'retry.maxDelayMs',
  'queue.maxBytes',
  'spool.maxBytes',
  'spool.leaseMs',
  'deadLetter.maxBytes',
  'limits.attributeValueLength',
  'limits.attributeCount',
  'limits.eventCount',
  'limits.linkCount',
  'limits.rowBytes',
]
const OTHERS = [
  'asyncInsert',
  'agent',
  'onDrop',
  'meterProvider',
  'destinations',
  'batch',
  'compression',
  'retry',
  'queue',
  'spool',
  'spool.directory',
  'deadLetter',
  'deadLetter.directory',
  'deadLetter.table',
  'tls',
  'tls.ca',
  'tls.cert',
  'tls.key',
  'tls.servername',
  'tls.rejectUnauthorized',
  'headers',
  'headers.x-a',
  'settings',
  'settings.max_threads',
  'limits',
  'destinations.0',
  'destinations.0.name',
  'destinations.0.endpoint',
  'destinations.0.batch',
  'destinations.0.batch.maxRows',
  'destinations.0.headers',
  'signals',
  'traces',
  'logs',
  'metrics',
  'traces.table',
  'logs.schema',
  'logs.batch',
  'logs.batch.maxRows',
  'logs.queue.maxBytes',
  'logs.asyncInsert',
  'metrics.ttl',
  'metrics.temporality',
  'metrics.tables',
  'metrics.tables.gauge',
  'destinations.0.signals',
  'destinations.0.logs.table',
  'destinations.0.metrics.tables.sum',
]
const OPTIONS = [...STRINGS, ...CHOICES, ...NUMBERS, ...OTHERS]

/** Options with one value in one place. */
function optionsWith(path: string, value: unknown): object {
  const names = path.split('.')
  return names.reduceRight<unknown>((inner, name, index) => {
    if (name === '0')
      return [
        index === names.length - 1
          ? inner
          : { name: 'b', endpoint: 'http://b', ...(inner as object) },
      ]
    return { [name]: inner }
  }, value) as object
}

describe('any value in place of any option', () => {
  const random = randomOf(SEED)
  const values = { ...VALUES, ...HEAVY_VALUES }
  let refused = 0
  let taken = 0
  afterAll(() => figures('input: values in place of options', { refused, taken }))

  test.each(OPTIONS)('of %s is taken, or refused on one line that names it', (path) => {
    // Heavy ones in place of some of them: `destinations`, a group, a text and so on.
    const isSome = LONG || OPTIONS.indexOf(path) % 5 === 0
    for (const [n, [name, make]] of Object.entries(isSome ? values : VALUES).entries()) {
      const value = make(random)
      const signal = SIGNALS[n % SIGNALS.length] as SignalName
      const refusal = refusalOf(optionsWith(path, value), {}, LONG ? SIGNALS : [signal])
      if (refusal) refused++
      else taken++
      const [first = ''] = path.split('.')
      const named = refusal?.problems.every((problem) => problem.startsWith(first)) ?? true
      expect({ path, name, problems: refusal?.problems, named }).toMatchObject({ named: true })
    }
  })

  test('and of all of them is', () => {
    for (const [name, make] of Object.entries(values)) {
      const refusal = refusalOf(make(random))
      const isEmpty = ['undefined', 'an empty object'].includes(name)
      if (isEmpty) expect(refusal).toBeUndefined()
      else if (typeof make(random) !== 'object') expect({ name, refusal }).not.toEqual({ name })
    }
  })
})

describe('options from an unknown source', () => {
  test('whose getters throw are named, each of them', () => {
    const throws = () => {
      throw new Error('a long story\nin two lines')
    }
    for (const path of OPTIONS.filter((one) => !one.endsWith('.0'))) {
      const names = path.split('.')
      const last = names.pop() ?? ''
      const holder = Object.defineProperty({}, last, { get: throws, enumerable: true })
      const options = names.length === 0 ? holder : optionsWith(names.join('.'), holder)
      const refusal = refusalOf(options)
      expect({ path, problems: refusal?.problems }).toEqual({
        path,
        problems: expect.arrayContaining([
          `${path} cannot be read: its getter or Proxy throws. Pass a plain value`,
        ]),
      })
    }
  })

  test('are read once: what a getter gives the next time has no effect', () => {
    const reads: string[] = []
    const once = (name: string, value: unknown) => ({
      enumerable: true,
      get() {
        reads.push(name)
        return reads.filter((one) => one === name).length === 1 ? value : 'something else'
      },
    })
    const options = Object.defineProperties(
      {},
      {
        endpoint: once('endpoint', 'http://a'),
        timeoutMs: once('timeoutMs', 7),
        batch: once('batch', Object.defineProperties({}, { maxRows: once('maxRows', 7) })),
        headers: once('headers', Object.defineProperties({}, { 'x-a': once('x-a', 'b') })),
      },
    )
    const { destinations } = parseConfig('traces', options, {})
    expect(destinations[0]).toMatchObject({
      timeoutMs: 7,
      batch: { maxRows: 7 },
      headers: { 'x-a': 'b' },
    })
    expect(reads.sort()).toEqual(['batch', 'endpoint', 'headers', 'maxRows', 'timeoutMs', 'x-a'])
  })

  test('may be a Proxy, a class, or frozen', () => {
    class Given {
      get endpoint() {
        return 'http://a'
      }
      timeoutMs = 7
    }
    for (const options of [
      new Proxy({ endpoint: 'http://a', timeoutMs: 7 }, {}),
      new Given(),
      Object.freeze({ endpoint: 'http://a', timeoutMs: 7, batch: Object.freeze({}) }),
      Object.assign(Object.create(null), { endpoint: 'http://a', timeoutMs: 7 }),
    ]) {
      const { endpoint, timeoutMs } = parseConfig('traces', options, {}).destinations[0] ?? {}
      expect([endpoint?.host, timeoutMs]).toEqual(['a', 7])
    }
  })

  test('that are cyclic are read as usual', () => {
    const options: Record<string, unknown> = { endpoint: 'http://a' }
    options['destinations'] = [options]
    expect(refusalOf(options)?.message).toContain('destinations.0')
    const group: Record<string, unknown> = {}
    group['batch'] = group
    for (const name of ['batch', 'tls', 'headers', 'settings', 'spool', 'limits', 'deadLetter'])
      expect(refusalOf({ [name]: group })?.message).toContain(`${name}.batch`.slice(0, name.length))
  })

  test('that are a hundred thousand levels deep are refused as soon as any others', () => {
    let deep: unknown = {}
    for (let level = 0; level < 100_000; level++)
      deep = level % 2 ? [deep] : { a: deep, batch: deep }
    for (const path of OPTIONS) expect(refusalOf(optionsWith(path, deep)), path).toBeDefined()
    expect(refusalOf(deep)).toBeDefined()
    expect(refusalOf({ unheard: deep })?.problems).toEqual(['unheard is not an option'])
  })

  test('from JSON bring nothing in by __proto__', () => {
    for (const text of [
      '{"__proto__":{"endpoint":"http://evil"}}',
      '{"batch":{"__proto__":{"maxRows":1}}}',
      '{"headers":{"__proto__":"x"}}',
      '{"settings":{"__proto__":"x"}}',
      '{"tls":{"__proto__":{"rejectUnauthorized":false}}}',
      '{"destinations":[{"name":"b","endpoint":"http://b","__proto__":{"password":"x"}}]}',
    ])
      expect({ text, message: refusalOf(JSON.parse(text))?.message }).toEqual({
        text,
        message: expect.stringContaining('__proto__ is not an option'),
      })
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  test('are not looked for in Object.prototype', () => {
    const polluted = {
      endpoint: 'http://evil',
      password: 'x',
      tls: { rejectUnauthorized: false },
      maxRows: 1,
      headers: { 'x-a': 'b' },
    }
    for (const [name, value] of Object.entries(polluted))
      Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true })
    try {
      const { destinations } = parseConfig('traces', { batch: {} }, {})
      expect(destinations).toHaveLength(1)
      expect(destinations[0]?.endpoint.host).toBe('localhost:8123')
      expect(destinations[0]).toMatchObject({
        password: '',
        tls: {},
        headers: {},
        batch: { maxRows: 10_000 },
      })
    } finally {
      for (const name of Object.keys(polluted)) delete (Object.prototype as never)[name]
    }
  })

  test('that are very long are taken or refused as soon as any others', () => {
    const huge = 'x'.repeat((LONG ? 100 : 4) * 2 ** 20)
    for (const path of OPTIONS) refusalOf(optionsWith(path, huge))
    for (const text of [
      `http://${huge}`,
      `http://h/${huge}`,
      `http://u:${huge}@h`,
      `${huge}://h`,
    ]) {
      refusalOf({ endpoint: text })
      refusalOf({}, { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: text })
    }
    expect(refusalOf({ [huge]: 1 })?.problems).toEqual(['(a name not shown) is not an option'])
    expect(refusalOf({ headers: { [huge]: `${huge}\n` } })).toBeDefined()
    expect(refusalOf({ settings: { [huge]: huge } })).toBeUndefined()
  })

  const MANY = LONG ? 100_000 : 25_000
  test('that are very many are refused as soon as any others', () => {
    const many = Object.fromEntries(Array.from({ length: MANY }, (_, n) => [`option${n}`, n]))
    const destinations = Array.from({ length: MANY }, (_, n) => ({
      name: `d${n}`,
      endpoint: 'http://b',
    }))
    expect(refusalOf({ destinations })?.message).toContain(
      `${MANY} are too many: at most 16 are allowed`,
    )
    expect(refusalOf({ destinations: new Array(4_000_000_000) })?.message).toContain('too many')
    for (const options of [
      many,
      { batch: many },
      { destinations: [{ name: 'b', endpoint: 'http://b', ...many }] },
    ])
      expect(refusalOf(options)?.message.length).toBeLessThan(10_000)
  })
})

describe('an endpoint', () => {
  test.each([
    ['javascript:alert(1)', 'http:// or https://'],
    ['data:text/plain,x', 'http:// or https://'],
    ['http+unix://%2Ftmp%2Fsock/', 'http:// or https://'],
    ['unix:/tmp/sock', 'http:// or https://'],
    ['blob:http://host/x', 'http:// or https://'],
    ['view-source:http://host', 'http:// or https://'],
    ['ws://host', 'http:// or https://'],
    ['http://host:0', 'port 0'],
    ['https://host:00000', 'port 0'],
    ['http://host:65536', 'URL'],
    ['http://host:-1', 'URL'],
    ['http://host:80x', 'URL'],
    ['http://ho st', 'URL'],
    ['http://ho\nst:1', 'line breaks'],
    ['http://ho\r\nst', 'line breaks'],
    ['ht\ttp://host', 'line breaks'],
    ['http://host/\nx-evil: 1', 'line breaks'],
    ['http://ho\0st', 'URL'],
    ['http://[::1', 'URL'],
    ['http://[fe80::1%25eth0]', 'URL'],
    ['http://host/?', undefined],
    ['http://[::1]:8123', undefined],
    ['http://[::ffff:127.0.0.1]', undefined],
    ['http://bücher.example', undefined],
    ['http://xn--bcher-kva.example', undefined],
    ['  http://host:8123\n', undefined],
    ['http://a@b@host', undefined],
    ['http://user:@host', undefined],
    ['http://:pass@host', undefined],
    ['http:host', undefined],
  ])('%j is refused, if at all, with %j', (endpoint, rule) => {
    const refusal = refusalOf({ endpoint })
    const { doubts } = parseConfig('traces', {}, { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: endpoint })
    for (const problems of [refusal?.problems ?? [], doubts]) {
      expect(problems).toEqual(rule ? [expect.stringContaining(rule)] : [])
      expect(problems.join()).not.toContain(endpoint)
    }
  })
})

describe('the environment', () => {
  const OURS = ['ENDPOINT', 'DATABASE', 'USERNAME', 'PASSWORD', 'WARNINGS'].map(
    (name) => `OTEL_EXPORTER_CLICKHOUSE_${name}`,
  )
  const METRICS = 'OTEL_NODE_EXPERIMENTAL_SDK_METRICS'

  test('is read for names with our prefix and one more: there is no undocumented switch, and no file', () => {
    const asked = new Set<string>()
    const names = [...OURS, 'PATH', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'HOME']
    const env = new Proxy(
      {},
      {
        get: (_, name) => void asked.add(String(name)),
        ownKeys: () => names,
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: '' }),
      },
    )
    parseConfig('traces', {}, env)
    const file = 'OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE'
    expect([...asked].sort()).toEqual([...OURS, METRICS, file].sort())
  })

  test('with any value gives options, and a doubt that names the variable', () => {
    const random = randomOf(SEED)
    const garbage = [
      ' ',
      '\t',
      'undefined',
      'null',
      '[object Object]',
      '{}',
      '-1',
      'NaN',
      'true',
      ...NAMES,
    ]
    for (let n = 0; n < 50; n++) garbage.push(`${VALUES['a hostile text']?.(random)}x`)
    for (const name of OURS)
      for (const value of garbage) {
        const { doubts, destinations } = parseConfig('traces', {}, { [name]: value })
        const [doubt, ...more] = doubts
        expect({ name, value, more }).toEqual({ name, value, more: [] })
        expect(doubt ?? name).toContain(name)
        if (name.endsWith('ENDPOINT') && value.trim() !== '') {
          expect(doubt).toBeDefined()
          expect(destinations[0]?.endpoint.host).toBe('localhost:8123')
        }
      }
  })

  test.each([
    '',
    ' ',
    '1',
    'yes',
    'on',
    'true ',
    ' true',
    'truee',
    '\ufefftrue',
    'constructor',
    '__proto__',
  ])('asks for no metrics with %j', (value) => {
    expect(parseConfig('traces', {}, { [METRICS]: value }).meterProvider).toBeUndefined()
  })

  test.each(['true', 'TRUE', 'True'])('asks for metrics with %j', (value) => {
    expect(parseConfig('traces', {}, { [METRICS]: value }).meterProvider).toBeDefined()
  })
})
