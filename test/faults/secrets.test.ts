import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, type Options } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { makeLog } from '../../packages/transform/test/logs.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { replies } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { openCollector, openExporter, type RecordExporter } from '../kit/entry-points.mjs'
import { exception, STYLES } from '../kit/exceptions.js'
import type { Reply, RequestHead } from '../kit/http-wire.js'
import { readInsert, readStatement } from '../kit/insert-request.js'
import { type AnyRecord, numbered, type SignalName } from '../kit/numbered-records.mjs'
import { LONG, PATIENT_MS, until } from '../kit/patience.js'
import { CERT, KEY, secureServer } from '../kit/raw-server.js'
import { answer, type Behaviour, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { SIGNALS, type SignalUnderTest, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { ALL, CREDENTIALS, canariesIn, filesUnder, RESOURCE_VALUES, VALUES } from './canaries.js'
import { Witness } from './witness.js'

const CREDENTIAL_OPTIONS: Options = {
  username: CREDENTIALS.user,
  password: CREDENTIALS.password,
  headers: { 'x-token': CREDENTIALS.header },
}

const RESOURCE = {
  attributes: {
    'service.name': RESOURCE_VALUES.resource,
    [RESOURCE_VALUES.resource]: RESOURCE_VALUES.resource,
  },
}
const ATTRIBUTES = { [VALUES.attributeName]: VALUES.attribute, list: [VALUES.attribute] }

const [, ...OTHERS] = SIGNALS

/** A record of each signal with a canary wherever a text can be. */
const CANARIES: Readonly<Record<SignalName, () => AnyRecord>> = {
  traces: () =>
    makeSpan({
      name: VALUES.name,
      status: { code: 2, message: VALUES.message },
      attributes: ATTRIBUTES,
      events: [{ name: VALUES.event, time: [1, 2], attributes: { a: VALUES.attribute } }],
      resource: RESOURCE,
    }),
  logs: () =>
    makeLog({
      severityText: VALUES.name,
      body: { said: VALUES.message },
      eventName: VALUES.event,
      attributes: ATTRIBUTES,
      resource: RESOURCE,
    }),
  metrics() {
    const { metric, scope } = numbered.metrics('0badcafe', 1)
    const dataPoints = metric.dataPoints.map((point) => ({ ...point, attributes: ATTRIBUTES }))
    const descriptor = { name: VALUES.name, description: VALUES.message, unit: VALUES.event }
    return { resource: RESOURCE, scope, metric: { ...metric, descriptor, dataPoints } }
  },
}

interface Case {
  /** The cause of the failure. */
  readonly name: string
  options(): Promise<Options>
  /** Where the failure shows: the case would prove nothing if all went well. */
  readonly shows: 'an error' | 'a lost row' | 'nothing'
  /** ClickHouse names the user that it refuses. */
  readonly says?: readonly string[]
}

/** A server in memory. `heads` are those of all its requests. */
async function serverThat(behaviour: Behaviour = answer, memory = new MemoryClickHouse()) {
  const heads: RequestHead[] = []
  const server = await new ScriptedClickHouse(memory, (exchange) => {
    heads.push(exchange.head)
    return behaviour(exchange)
  }).listen()
  onTestFinished(() => server.close())
  return { server, heads, endpoint: server.url }
}

async function file(): Promise<string> {
  const path = join(temporaryDirectory(), 'in the way')
  await writeFile(path, '')
  return path
}

/** Answers with an error that repeats values of the statement and of the rows. It is short, because the end of a long one is cut off. */
function quoting(say: (quoted: string) => Reply): Behaviour {
  return async (exchange) => {
    const raw = await exchange.whole()
    const text = readInsert(raw)?.text ?? readStatement(raw)
    const quoted = new Set([...text.matchAll(/\w+cAnArY4711/g)].map(([canary]) => canary))
    await replies(say(`'${[...quoted].join("', '")}'`))(exchange)
  }
}

const REFUSED: Case[] = [
  {
    name: 'nobody listens',
    shows: 'an error',
    async options() {
      const { server, endpoint } = await serverThat()
      await server.close()
      return { endpoint }
    },
  },
  {
    name: 'the host is unknown',
    shows: 'an error',
    options: async () => ({ endpoint: 'http://no-such-host.invalid:8123' }),
  },
  {
    name: 'the certificate is self-signed',
    shows: 'an error',
    options: async () => ({ endpoint: (await secureServer()).url }),
  },
  {
    name: 'the certificate is another’s, and the client has one of its own',
    shows: 'an error',
    options: async () => ({
      endpoint: (await secureServer()).url,
      tls: { ca: CERT, cert: CERT, key: KEY },
    }),
  },
  {
    name: 'the server speaks TLS, and the endpoint says http:',
    shows: 'an error',
    options: async () => ({ endpoint: (await secureServer()).url.replace('https:', 'http:') }),
  },
  {
    name: 'the server speaks no TLS, and the endpoint says https:',
    shows: 'an error',
    options: async () => ({ endpoint: (await serverThat()).endpoint.replace('http:', 'https:') }),
  },
  {
    name: 'the answer is not HTTP, and quotes the request',
    shows: 'an error',
    async options() {
      const { endpoint } = await serverThat(async (exchange) => {
        const { head } = await exchange.whole()
        await exchange.send(`${JSON.stringify(head.headers)}\r\n\r\n`)
        exchange.hangUp()
      })
      return { endpoint }
    },
  },
  {
    name: 'the spool is a file',
    shows: 'an error',
    async options() {
      const { endpoint } = await serverThat(replies(exception({ code: 241 })))
      return { endpoint, spool: { directory: await file() } }
    },
  },
  {
    name: 'a row is refused, and the dead letters’ folder is a file',
    shows: 'a lost row',
    async options() {
      const memory = new MemoryClickHouse({ refuses: () => true })
      const { endpoint } = await serverThat(answer, memory)
      return { endpoint, deadLetter: { directory: await file() } }
    },
  },
  {
    name: 'a row is refused, and so is the dead letter, which the server quotes',
    shows: 'a lost row',
    async options() {
      const say = (quoted: string) =>
        exception({ code: 27, message: `Cannot parse input: ${quoted}: (at row 1)` })
      const { endpoint } = await serverThat(quoting(say))
      return { endpoint, deadLetter: { table: 'dead' } }
    },
  },
  {
    name: 'a row is too long',
    shows: 'a lost row',
    options: async () => ({
      endpoint: (await serverThat()).endpoint,
      limits: { rowBytes: 1 },
    }),
  },
  {
    name: 'nothing goes wrong',
    shows: 'nothing',
    options: async () => ({ endpoint: (await serverThat()).endpoint }),
  },
]

// As ClickHouse sends them: the messages of these codes quote values, statements, or both.
const QUOTING_CODES = [27, 6, 26, 41, 53, 62, 117, 36, 1001, 33, 43, 70, 321, 469, 4711]

const ANSWERED: Case[] = [
  ...QUOTING_CODES.map(
    (code): Case => ({
      name: `ClickHouse quotes values in error ${code}`,
      shows: 'an error',
      async options() {
        const say = (quoted: string) =>
          exception({ code, message: `Cannot read it: ${quoted}: (at row 1)` })
        return { endpoint: (await serverThat(quoting(say))).endpoint }
      },
    }),
  ),
  ...STYLES.map(
    (style): Case => ({
      name: `ClickHouse quotes values in error 27, said in the style of ${style}`,
      shows: 'an error',
      async options() {
        const say = (quoted: string) =>
          exception({ code: 27, message: `Cannot parse input: ${quoted}: (at row 1)` }, style)
        return { endpoint: (await serverThat(quoting(say))).endpoint }
      },
    }),
  ),
  ...[301, 302, 307, 308].map(
    (status): Case => ({
      name: `it is redirected with ${status}`,
      shows: 'an error',
      async options() {
        const elsewhere = await serverThat()
        onTestFinished(() => expect(elsewhere.server.connections).toBe(0))
        const headers = { location: `${elsewhere.endpoint}/?elsewhere=1` }
        return {
          endpoint: (await serverThat(replies({ status, headers, body: 'Moved' }))).endpoint,
        }
      },
    }),
  ),
]

describe('no secret and no value of a row is shown when', () => {
  test.each(named([...REFUSED, ...ANSWERED]))('%s', async (_, one) => {
    await expectSilenceOf(one)
  })

  // What happens to a request is the same for every signal; what is in it is not. Of the cases in which the rows stay here, a short run
  // takes each with one of the others; those in which a server quotes them, with all.
  const ofOthers = (nth: number) =>
    LONG
      ? [...REFUSED, ...ANSWERED]
      : [...REFUSED.filter((_, at) => at % OTHERS.length === nth), ...ANSWERED.slice(0, 2)]
  const others = OTHERS.flatMap((of, nth) =>
    named(ofOthers(nth)).map((row) => [of.title, ...row, of] as const),
  )
  test.each(others)('records are %s and %s', async (_title, _name, one, of) => {
    await expectSilenceOf(one, of)
  })
})

/** For titles, which leave out what is long of anything but a text by itself. */
function named(cases: readonly Case[]): [string, Case][] {
  return cases.map((one) => [one.name, one])
}

async function expectSilenceOf(
  { options, shows, says = [] }: Case,
  { signal }: SignalUnderTest = TRACES,
): Promise<void> {
  const given = await options()
  const witness = new Witness()
  const all: Options = {
    ...CREDENTIAL_OPTIONS,
    // If nothing is meant to fail, a busy machine must not cause a failure.
    timeoutMs: shows === 'nothing' ? PATIENT_MS : 2000,
    retry: { initialDelayMs: 1, maxDelayMs: 2 },
    shutdownTimeoutMs: shows === 'nothing' ? PATIENT_MS : 50,
    meterProvider: witness.meterProvider,
    onDrop: (...args) => witness.hear('onDrop', args),
    ...given,
  }
  const exporter = openExporter(signal, all)
  const processor = openCollector(signal, all)
  const record = CANARIES[signal]
  onTestFinished(() => Promise.all([exporter.shutdown(), processor.shutdown()]).then(() => {}))
  const result = await new Promise((resolve) => exporter.export([record()], resolve))
  witness.hear('the result of export()', result)
  processor.add(record())
  await exporter.forceFlush({ timeoutMs: 30 }).catch((error) => witness.hear('flush', error))
  await processor.forceFlush({ timeoutMs: 30 }).catch((error) => witness.hear('flush', error))
  await until(() => shows === 'nothing' || failed(exporter, shows))
  const look = () => {
    for (const [name, one] of Object.entries({ exporter, processor })) {
      witness.hear(name, one.source)
      witness.hear(`stats() of the ${name}`, one.stats())
    }
    witness.collect()
  }
  look()
  await Promise.all([exporter.shutdown(), processor.shutdown()])
  look()
  await new Promise((resolve) =>
    exporter.export([record()], (late) => {
      witness.hear('the result of a late export()', late)
      resolve(undefined)
    }),
  )
  // The first line of each of the two says only what is configured.
  const lines = witness.said.flatMap(({ by, text }) => (by === 'diag' ? [text] : []))
  const failures = lines.filter((text) => /primary (?!is )/.test(text))
  if (shows !== 'nothing') expect(failures).not.toEqual([])
  else {
    // An exporter of an earlier test may still speak, of its own server.
    const { host } = new URL(String(all.endpoint))
    expect(failures.filter((text) => text.includes(host))).toEqual([])
  }
  expectSilence(witness, says)
}

function failed(exporter: RecordExporter, shows: Case['shows']): boolean {
  const { lastError, dropped } = statsOf(exporter)
  return shows === 'an error' ? lastError !== null : Object.keys(dropped).length > 0
}

function expectSilence(witness: Witness, says: readonly string[] = []): void {
  const leaks = witness.said.flatMap(({ by, text }) => {
    const canaries = canariesIn(text).filter((name) => !says.includes(name))
    return canaries.length > 0 ? [{ by, canaries, text: text.slice(0, 300) }] : []
  })
  expect(leaks).toEqual([])
}

describe('a real server', () => {
  const users = [{ name: CREDENTIALS.user, password: CREDENTIALS.password }]
  let server: ClickHouseServer
  let databases = 0
  beforeAll(async () => {
    server = await startClickHouse({ users })
  })
  afterAll(() => server?.stop())

  /** Another database, with a table that is wrong in some way. */
  async function tableWith(
    of: SignalUnderTest,
    alter: (ddl: string) => string,
    ...more: ((table: string) => string)[]
  ): Promise<Options> {
    const database = `secrets_${++databases}`
    const [createDatabase = '', createTable = ''] = of.tables[0]?.ddl({ database }) ?? []
    for (const statement of [
      createDatabase,
      alter(createTable),
      ...more.map((on) => on(`${database}.${of.signal}`)),
    ])
      await server.query(statement)
    return { endpoint: server.url, database, manageSchema: 'off' }
  }

  const column = (name: string) => new RegExp(`\`${name}\` .*?(?= CODEC)`)
  const intact = (ddl: string) => ddl
  /** Columns that hold a text of the record. */
  const names = { traces: 'span_name', logs: 'severity_text', metrics: 'metric_name' }
  const texts = { traces: 'status_message', logs: 'event_name', metrics: 'description' }
  const casesOf = (of: SignalUnderTest): Case[] => [
    {
      name: 'the password is wrong',
      shows: 'an error',
      says: ['user'],
      options: async () => ({ endpoint: server.url, password: `${CREDENTIALS.password}x` }),
    },
    {
      name: 'the user is unknown',
      shows: 'an error',
      says: ['user'],
      options: async () => ({ endpoint: server.url, username: `${CREDENTIALS.user}x` }),
    },
    {
      name: 'the row violates a constraint',
      shows: 'a lost row',
      options: () =>
        tableWith(
          of,
          intact,
          (table) =>
            `ALTER TABLE ${table} ADD CONSTRAINT c CHECK ${names[of.signal]} NOT LIKE '%${VALUES.name}%'`,
        ),
    },
    {
      name: 'a column is missing',
      shows: 'an error',
      options: () =>
        tableWith(of, intact, (table) => `ALTER TABLE ${table} DROP COLUMN ${texts[of.signal]}`),
    },
    {
      name: 'a column of the resource is missing',
      shows: 'an error',
      options: () =>
        tableWith(of, intact, (table) => `ALTER TABLE ${table} DROP COLUMN project_name`),
    },
    {
      name: 'a text of the resource is a number there',
      shows: 'an error',
      options: () =>
        tableWith(of, (ddl) => ddl.replace(column('service_name'), '`service_name` UInt8')),
    },
    {
      name: 'a text of the record is a number there',
      shows: 'an error',
      options: () =>
        tableWith(of, (ddl) =>
          ddl.replace(column(texts[of.signal]), `\`${texts[of.signal]}\` UInt8`),
        ),
    },
    {
      name: 'a view cannot take the row',
      shows: 'an error',
      options: () =>
        tableWith(
          of,
          intact,
          (table) =>
            `CREATE MATERIALIZED VIEW ${table}_v ENGINE = Memory AS SELECT toUInt8(CAST(${texts[of.signal]}, 'String')) AS n FROM ${table}`,
        ),
    },
    ...(
      [
        ['max_memory_usage', 1],
        ['max_ast_elements', 1],
        ['max_ast_depth', 1],
        ['max_query_size', 20],
        ['max_parser_backtracks', 1],
        ['max_parser_depth', 2],
        ['readonly', 1],
        ['no_such_setting', 1],
        ['max_threads', 'no number'],
      ] as const
    ).map(
      ([setting, value]): Case => ({
        name: `the setting ${setting} is ${value}`,
        shows: 'an error',
        says: setting === 'readonly' ? ['user'] : [],
        options: async () => ({ ...(await tableWith(of, intact)), settings: { [setting]: value } }),
      }),
    ),
  ]

  test.each(
    SIGNALS.flatMap((of) => named(casesOf(of)).map((row) => [of.title, ...row, of] as const)),
  )('shows no secret and no value of %s when %s', async (_title, _name, one, of) => {
    await expectSilenceOf(one, of)
  })
})

const CODECS_OF_SIGNALS = SIGNALS.flatMap((of) =>
  (['gzip', 'br', 'none'] as const).map((codec) => [of.title, codec, of] as const),
)

describe('what leaves the process', () => {
  test.each(CODECS_OF_SIGNALS)(
    'holds credentials in headers alone, and no value of %s in a URL: %s',
    async (_, codec, { signal }) => {
      const { endpoint, heads } = await serverThat()
      const withCredentials = endpoint.replace(
        '//',
        `//${CREDENTIALS.user}:${CREDENTIALS.password}@`,
      )
      const exporter = openExporter(signal, {
        endpoint: withCredentials,
        headers: { 'x-token': CREDENTIALS.header },
        compression: { codec },
      })
      await new Promise((resolve) => exporter.export([CANARIES[signal]()], resolve))
      await until(() => heads.length > 1)
      await exporter.shutdown()
      const mayHold = ['x-token', 'authorization']
      for (const { target, headers } of heads) {
        expect(headers['authorization']).toBe(basic(CREDENTIALS.user, CREDENTIALS.password))
        // With brotli the statement can only be in the URL, and it holds the values that all rows share.
        const inTarget = codec === 'br' ? { ...CREDENTIALS, ...VALUES } : ALL
        expect(canariesIn(decodeURIComponent(target.replaceAll('+', ' ')), inTarget)).toEqual([])
        expect(canariesIn(target, inTarget)).toEqual([])
        for (const [name, value] of Object.entries(headers))
          if (!mayHold.includes(name))
            expect({ name, holds: canariesIn(value) }).toEqual({ name, holds: [] })
      }
    },
  )

  test('contains no credentials when a redirect, or a proxy’s Location, names another host', async () => {
    const elsewhere = await serverThat()
    for (const status of [301, 302, 303, 307, 308, 401, 407]) {
      const headers = { location: elsewhere.endpoint, 'www-authenticate': 'Basic realm="x"' }
      const here = await serverThat(replies({ status, headers, body: '' }))
      const exporter = openExporter('traces', {
        ...CREDENTIAL_OPTIONS,
        endpoint: here.endpoint,
        shutdownTimeoutMs: 20,
      })
      await new Promise((resolve) => exporter.export([CANARIES.traces()], resolve))
      await exporter.shutdown()
      expect({ status, requests: here.heads.length > 0 }).toEqual({ status, requests: true })
    }
    expect(elsewhere.server.connections).toBe(0)
  })
})

const MAKERS = SIGNALS.flatMap(({ signal }) => [
  (options: Options) => openExporter(signal, options),
  (options: Options) => openCollector(signal, options),
])

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

describe('what is on disk', () => {
  test.each(CODECS_OF_SIGNALS)(
    'holds the rows and no credentials, and its names hold neither: %s, %s',
    async (_, codec, { signal }) => {
      const [spool, dead] = [temporaryDirectory(), temporaryDirectory()]
      const memory = new MemoryClickHouse({ refuses: () => true })
      const gone = await serverThat()
      await gone.server.close()
      const exporter = openExporter(signal, {
        ...CREDENTIAL_OPTIONS,
        compression: { codec },
        spool: { directory: spool },
        shutdownTimeoutMs: 200,
        destinations: [
          {
            name: 'refuses',
            endpoint: (await serverThat(answer, memory)).endpoint,
            deadLetter: { directory: dead },
          },
          { name: 'gone', endpoint: gone.endpoint },
        ],
      })
      await new Promise((resolve) => exporter.export([CANARIES[signal]()], resolve))
      await until(() => statsOf(exporter, 'refuses').dropped.dead_lettered === 1)
      await exporter.shutdown()

      const files = [...(await filesUnder(spool)), ...(await filesUnder(dead))]
      const texts = files.flatMap((one) => one.texts)
      expect(files.filter((one) => canariesIn(one.path).length > 0)).toEqual([])
      expect(texts.flatMap((text) => canariesIn(text, CREDENTIALS))).toEqual([])
      // The rows are found in both, so the search could read them.
      for (const where of [spool, dead]) {
        const there = (await filesUnder(where)).flatMap((one) => one.texts)
        const found = new Set(there.flatMap((text) => canariesIn(text, VALUES)))
        expect(found).toEqual(new Set(Object.keys(VALUES)))
      }
    },
  )
})

describe('options that cannot be used', () => {
  const { user, password, header, key: tlsKey } = CREDENTIALS
  const throwing = () => {
    throw new Error(`the vault said ${password}`)
  }
  const wrong: Record<string, object> = {
    'a password that is a number of things': { password: { a: [password], [password]: 1 } },
    'a password from a function': { password: () => password },
    'a password that is a symbol': { password: Symbol(password) },
    'a password that is a Buffer': { password: Buffer.from(password) },
    'a password that is a Promise': { password: Promise.resolve(password) },
    'a password whose getter throws': Object.defineProperty({}, 'password', {
      get: throwing,
      enumerable: true,
    }),
    'a passphrase, which is no option': { tls: { cert: CERT, key: tlsKey, passphrase: password } },
    'a key that is none': {
      tls: { cert: CERT, key: `-----BEGIN PRIVATE KEY-----\n${tlsKey}\n-----END PRIVATE KEY-----` },
    },
    'an authority that is none': { tls: { ca: `-----BEGIN CERTIFICATE-----\n${tlsKey}` } },
    'a URL that is an object': { endpoint: new URL(`http://${user}:${password}@host`) },
    'a URL with a space': { endpoint: `http://${user}:${password} @host:port` },
    'a URL with a password that ends the host': { endpoint: `http://${user}:${password}/x@host:1` },
    'a URL of another scheme, in capitals': { endpoint: `HTTPX://${user}:${password}@host` },
    'a URL for a table': { table: { url: `http://${user}:${password}@host` } },
    'a URL for a spool': { spool: `file://${user}:${password}@host` },
    'a URL for a spool’s directory': { spool: { directory: '', url: `x://${password}@h` } },
    'a URL for dead letters': { deadLetter: `http://${user}:${password}@host` },
    'a URL for a setting’s name': { settings: { [`http://${user}:${password}@host`]: 1 } },
    'a password among settings': { settings: { password } },
    'a password in a setting that is a list': { settings: { max_threads: [password] } },
    'a header with a line break': { headers: { 'x-token': `${header}\r\nx: y` } },
    'a header in the name': { headers: { [`x-token: ${header}`]: '1' } },
    'a list of headers': { headers: [['x-token', header]] },
    'a header that the exporter sets': { headers: { 'Content-Length': header } },
    'headers whose getter throws': {
      headers: Object.defineProperty({}, 'x', { get: throwing, enumerable: true }),
    },
    'options next to the password': { password, passwort: password, pass: { word: password } },
    'a destination’s password': {
      destinations: [{ name: 'b', endpoint: 'http://b', password: [password] }],
    },
    'destinations by name': { destinations: { [password]: { password } } },
    'a wrong option beside right secrets': { ...CREDENTIAL_OPTIONS, timeoutMs: -1 },
  }

  test.each(Object.entries(wrong))('are refused without showing a secret: %s', (_, options) => {
    expectRefusal(options as Options)
  })

  test.each([
    ['ENDPOINT', `htp://${user}:${password}@host`],
    ['ENDPOINT', `http://${user}:${password}@host/?x=${password}`],
    ['ENDPOINT', `${password}`],
  ])('and those of the environment are ignored without one: %s=%s', async (name, value) => {
    process.env[`OTEL_EXPORTER_CLICKHOUSE_${name}`] = value
    onTestFinished(() => void delete process.env[`OTEL_EXPORTER_CLICKHOUSE_${name}`])
    const witness = new Witness()
    const exporter = openExporter('traces')
    onTestFinished(() => exporter.shutdown())
    await new Promise((resolve) => setImmediate(resolve)) // warnings come a tick later
    expectSilence(witness)
  })

  function expectRefusal(options: Options): void {
    const witness = new Witness()
    for (const make of MAKERS) {
      let refusal: unknown
      try {
        make(options)
      } catch (error) {
        refusal = error
      }
      expect(refusal).toBeInstanceOf(ConfigError)
      witness.hear('the error', refusal)
    }
    expectSilence(witness)
  }
})

test('values from the environment are hidden like values from options', async () => {
  const { server, endpoint } = await serverThat()
  await server.close()
  const environment = {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: endpoint.replace(
      '//',
      `//${CREDENTIALS.user}:${CREDENTIALS.password}@`,
    ),
    OTEL_EXPORTER_CLICKHOUSE_PASSWORD: CREDENTIALS.environment,
    SOME_OTHER_TOKEN: CREDENTIALS.environment,
  }
  Object.assign(process.env, environment)
  onTestFinished(() => {
    for (const name of Object.keys(environment)) delete process.env[name]
  })
  await expectSilenceOf({
    name: 'nobody listens',
    shows: 'an error',
    options: async () => ({ username: undefined, password: undefined, headers: {} }),
  })
})
