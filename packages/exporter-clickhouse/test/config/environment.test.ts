import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CERT, KEY } from '../../../../test/kit/raw-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import type { DestinationConfig } from '../../src/config/config.js'
import { env, MiB, only, P, parse } from './config-kit.js'

function of(variables: Record<string, string>): DestinationConfig {
  expect(parse({}, env(variables)).doubts).toEqual([])
  return only({}, env(variables))
}

function doubtsOf(variables: Record<string, string>, options: unknown = {}): readonly string[] {
  return parse(options, env(variables)).doubts
}

function secretFile(text: string | Buffer): string {
  const file = join(temporaryDirectory(), 'secret')
  writeFileSync(file, text)
  return file
}

describe('every setting that a text can express', () => {
  test.each<[string, string, (config: DestinationConfig) => unknown, unknown]>([
    ['ENDPOINT', 'https://h:1/p', (one) => one.endpoint.href, 'https://h:1/p'],
    ['DATABASE', 'd', (one) => one.targets[0].database, 'd'],
    ['TABLE', 't', (one) => one.targets[0].table, 't'],
    ['USERNAME', 'u', (one) => one.username, 'u'],
    ['PASSWORD', ' p%20 ', (one) => one.password, ' p%20 '],
    ['SCHEMA', 'otel', (one) => one.targets[0].table, 'otel_traces'],
    ['SCHEMA', 'OTEL', (one) => one.targets[0].table, 'otel_traces'],
    ['MANAGE_SCHEMA', 'off', (one) => one.manageSchema, 'off'],
    ['TTL', '30d', (one) => one.targets[0].creation.ttl, 30 * 86_400],
    ['TIMEOUT', '5s', (one) => one.timeoutMs, 5000],
    ['TIMEOUT', '250', (one) => one.timeoutMs, 250],
    ['COMPRESSION', 'br', (one) => one.compression.codec, 'br'],
    ['COMPRESSION_LEVEL', '9', (one) => one.compression.level, 9],
    ['COMPRESSION_THRESHOLD_BYTES', '1KiB', (one) => one.compression.thresholdBytes, 1024],
    ['RETRY_MAX_RETRIES', '0', (one) => one.retry.maxRetries, 0],
    ['RETRY_MAX_RETRIES', 'unlimited', (one) => one.retry.maxRetries, Number.POSITIVE_INFINITY],
    ['RETRY_INITIAL_DELAY', '100ms', (one) => one.retry.initialDelayMs, 100],
    ['RETRY_MULTIPLIER', '1.5', (one) => one.retry.multiplier, 1.5],
    ['RETRY_MAX_DELAY', '1m', (one) => one.retry.maxDelayMs, 60_000],
    ['BATCH_MAX_ROWS', '500', (one) => one.batch.maxRows, 500],
    ['BATCH_MAX_BYTES', '1MiB', (one) => one.batch.maxBytes, MiB],
    ['BATCH_MAX_DELAY', '0', (one) => one.batch.maxDelayMs, 0],
    ['QUEUE_MAX_BYTES', '1GB', (one) => one.queue.maxBytes, 1e9],
    ['QUEUE_WHEN_FULL', 'Drop_Newest', (one) => one.queue.whenFull, 'drop_newest'],
    ['ASYNC_INSERT', 'TRUE', (one) => one.asyncInsert, true],
    ['HEADERS', 'x-a=1,x-b=a%2Cb%3D%20c', (one) => one.headers, { 'x-a': '1', 'x-b': 'a,b= c' }],
    ['SETTINGS', 'max_threads=4', (one) => one.settings, { max_threads: '4' }],
    ['CA', CERT, (one) => one.tls.ca, CERT.trimEnd()],
    ['SERVERNAME', 'name', (one) => one.tls.servername, 'name'],
    ['REJECT_UNAUTHORIZED', 'false', (one) => one.tls.rejectUnauthorized, false],
    [
      'DEAD_LETTER_DIRECTORY',
      '/dead',
      (one) => one.deadLetter,
      { directory: '/dead', maxBytes: 64 * MiB },
    ],
    [
      'DEAD_LETTER_TABLE',
      'dead',
      (one) => one.deadLetter,
      { database: 'telemetry', table: 'dead' },
    ],
    ['SPOOL_DIRECTORY', '/spool', (one) => one.spool?.directory, '/spool'],
  ])('%s=%s', (name, value, read, expected) => {
    expect(read(of({ [name]: value }))).toEqual(expected)
  })

  test('settings of the exporter as a whole', () => {
    const config = parse(
      {},
      env({
        ACKNOWLEDGE: 'accepted',
        FLUSH_TIMEOUT: '2s',
        SHUTDOWN_TIMEOUT: '3s',
        FLUSH_ON_SIGNAL: 'true',
        LIMITS_EVENT_COUNT: '0',
        LIMITS_ROW_BYTES: '1MiB',
      }),
    )
    expect(config).toMatchObject({
      doubts: [],
      acknowledge: 'accepted',
      flushTimeoutMs: 2000,
      shutdownTimeoutMs: 3000,
      flushOnSignal: true,
      limits: { eventCount: 0 },
      maxRowBytes: MiB,
    })
  })

  test('a zero, false or an empty list of a layer above is a value, not a lack of one', () => {
    const below = env({ BATCH_MAX_DELAY: '5s', ASYNC_INSERT: 'true', SETTINGS: 'max_threads=4' })
    const config = only({ batch: { maxDelayMs: 0 }, asyncInsert: false, settings: {} }, below)
    expect(config.batch.maxDelayMs).toBe(0)
    expect(config.asyncInsert).toBe(false)
    expect(config.settings).toEqual({ max_threads: '4' }) // dictionaries merge
  })
})

describe('further destinations', () => {
  const two = {
    DESTINATIONS: 'central, back-up',
    CENTRAL_ENDPOINT: 'http://central',
    CENTRAL_RETRY_MAX_RETRIES: '3',
    BACK_UP_ENDPOINT: 'http://backup/?table=t',
    DATABASE: 'shared',
  }

  test('are named in a list, and their variables begin with their names', () => {
    const { destinations, doubts } = parse({}, env(two))
    expect(doubts).toEqual([])
    expect(
      destinations.map(({ name, endpoint, targets, retry }) => [
        name,
        endpoint.host,
        targets[0].database,
        targets[0].table,
        retry.maxRetries,
      ]),
    ).toEqual([
      ['central', 'central', 'shared', 'traces', 3],
      ['back-up', 'backup', 'shared', 't', Number.POSITIVE_INFINITY],
    ])
  })

  test('stand beside the primary if there is an endpoint for that', () => {
    const { destinations } = parse({}, env({ ...two, ENDPOINT: 'http://own' }))
    expect(destinations.map((one) => one.name)).toEqual(['primary', 'central', 'back-up'])
  })

  test('that the code names get what the code does not say, such as a password', () => {
    const { destinations, doubts } = parse(
      { destinations: [{ name: 'central', endpoint: 'http://code', username: 'u' }] },
      env({ CENTRAL_PASSWORD: 'p', CENTRAL_ENDPOINT: 'http://env' }),
    )
    expect(doubts).toEqual([])
    expect(destinations).toMatchObject([{ name: 'central', username: 'u', password: 'p' }])
    expect(destinations[0]?.endpoint.host).toBe('code')
  })

  test('one without an endpoint is left out, and the others stay', () => {
    const { destinations, doubts } = parse({}, env({ ...two, CENTRAL_ENDPOINT: '' }))
    expect(destinations.map((one) => one.name)).toEqual(['back-up'])
    expect(doubts).toEqual([
      `${P}DESTINATIONS names central, but ${P}CENTRAL_ENDPOINT is not set. Nothing is sent to central.`,
    ])
  })

  test('if none has an endpoint, the exporter is still there', () => {
    const { destinations, doubts } = parse({}, env({ DESTINATIONS: 'a,b' }))
    expect(destinations.map((one) => one.name)).toEqual(['primary'])
    expect(doubts).toHaveLength(2)
  })

  test.each([
    ['a b', 'must be 1 to 64 letters'],
    ['primary', `${P}ENDPOINT`],
    ['central,CENTRAL', 'names "CENTRAL" twice'],
    ['a-b,a_b', 'names "a_b" twice'],
    ['dead-letter', `cannot name "dead-letter": variables such as ${P}DEAD_LETTER_… are those of`],
    ['flush', 'cannot name "flush"'],
  ])('DESTINATIONS=%s is doubted', (list, why) => {
    expect(
      doubtsOf({ DESTINATIONS: list, CENTRAL_ENDPOINT: 'http://c', A_B_ENDPOINT: 'http://a' }),
    ).toEqual(expect.arrayContaining([expect.stringContaining(why)]))
  })

  test('a setting of a destination that no list names says what to do', () => {
    expect(doubtsOf({ CENTRAL_ENDPOINT: 'http://c' })).toEqual([
      `${P}CENTRAL_ENDPOINT is not known: to name a destination, add it to ${P}DESTINATIONS. It is ignored.`,
    ])
  })
})

test('spaces and line ends around names are not a part of them', () => {
  const { username, spool, targets } = of({
    USERNAME: 'u\r',
    DATABASE: ' d ',
    TABLE: 't\n',
    SPOOL_DIRECTORY: '/spool\r',
  })
  const { database, table } = targets[0]
  expect([username, database, table, spool?.directory]).toEqual(['u', 'd', 't', '/spool'])
})

test('directories may be relative in a working directory that has been removed', () => {
  const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw Object.assign(new Error('no such file or directory, uv_cwd'), { code: 'ENOENT' })
  })
  onTestFinished(() => cwd.mockRestore())
  const { spool, deadLetter } = of({ SPOOL_DIRECTORY: 's', DEAD_LETTER_DIRECTORY: 'd' })
  expect([spool, deadLetter]).toMatchObject([{ directory: 's' }, { directory: 'd' }])
})

describe('quotation marks that a reader of files with variables has left', () => {
  const WHY =
    'is in quotation marks, which are a part of the value here: remove them. It is ignored'

  test.each([
    ['ENDPOINT', '"http://h:1"'],
    ['DATABASE', "'d'"],
    ['TIMEOUT', '"5s"'],
    ['ASYNC_INSERT', '"true"'],
    ['MANAGE_SCHEMA', '"off"\r'],
    ['HEADERS', "'x-a=1'"],
    ['DESTINATIONS', '"a,b"'],
    ['PASSWORD_FILE', '"/run/secret"'],
  ])('%s=%s is ignored, and the reason is said', (name, value) => {
    const config = parse({}, env({ [name]: value }))
    expect(config.doubts).toEqual([expect.stringContaining(`${P}${name} ${WHY}`)])
    expect(config.destinations).toEqual(parse({}).destinations)
  })

  test('a password may have them, so it is taken as it is, and they are said to be a part of it', () => {
    const { doubts, destinations } = parse({}, env({ PASSWORD: '"s3cret"' }))
    expect(destinations[0]?.password).toBe('"s3cret"')
    expect(doubts).toEqual([
      `${P}PASSWORD is in quotation marks. They are taken as a part of the value: remove them if they are not.`,
    ])
  })
})

describe('a value in a file, as Docker and Kubernetes give secrets', () => {
  test('is read, without the line end that editors add', () => {
    expect(of({ PASSWORD_FILE: secretFile('s3cret \n') }).password).toBe('s3cret ')
    const { tls } = of({
      CERT_FILE: secretFile(CERT),
      KEY_FILE: secretFile(KEY),
      CA_FILE: secretFile(CERT),
    })
    expect(tls).toMatchObject({ ca: CERT.replace(/\n$/, ''), key: KEY.replace(/\n$/, '') })
  })

  test.each([
    ['several line ends', 's3cret\n\r\n'],
    ['a byte order mark', '\uFEFFs3cret\r\n'],
  ])('is read without %s', (_, text) => {
    expect(of({ PASSWORD_FILE: ` ${secretFile(text)} ` }).password).toBe('s3cret')
    expect(of({ PASSWORD: text }).password).toBe('s3cret') // Kubernetes makes variables of secrets, as they are
  })

  test('also for a destination of the list', () => {
    const variables = {
      DESTINATIONS: 'c',
      C_ENDPOINT: 'http://c',
      C_PASSWORD_FILE: secretFile('p'),
    }
    expect(of(variables).password).toBe('p')
  })

  test.each<[string, () => string, string]>([
    ['that does not exist', () => '/nowhere/secret', 'names a file that cannot be read (ENOENT)'],
    ['that is a directory', () => temporaryDirectory(), 'names something that is not a file'],
    ['that never ends', () => '/dev/zero', 'names something that is not a file'],
    [
      'in UTF-16, as PowerShell writes it,',
      () => secretFile(Buffer.from('\uFEFFs3cret', 'utf16le')),
      'names a file that is not UTF-8: save it with that encoding',
    ],
    ['that is empty', () => secretFile('\n'), 'names a file that is empty'],
  ])('%s is doubted', (_, file, why) => {
    const { doubts, destinations } = parse({}, env({ PASSWORD_FILE: file() }))
    expect(doubts).toEqual([`${P}PASSWORD_FILE ${why}. It is ignored, as if it were not set.`])
    expect(destinations[0]?.password).toBe('')
  })

  test('the variable itself comes before its file', () => {
    const { doubts, destinations } = parse(
      {},
      env({ PASSWORD: 'direct', PASSWORD_FILE: secretFile('filed') }),
    )
    expect(destinations[0]?.password).toBe('direct')
    expect(doubts).toEqual([
      `${P}PASSWORD_FILE is set beside ${P}PASSWORD. It is ignored; the value of ${P}PASSWORD is used.`,
    ])
  })
})

describe('a variable that cannot be used says so, and what is used instead', () => {
  test.each<[string, string, string]>([
    [
      'TIMEOUT',
      '0',
      'must be a number of milliseconds from 1 to 2147483647. It is ignored; the default is used: 10000.',
    ],
    [
      'TIMEOUT',
      '5 parsecs',
      'must be a number of milliseconds from 1 to 2147483647, or have a unit: 500ms, 5s, 2m. It is ignored; the default is used: 10000.',
    ],
    [
      'TIMEOUT',
      '-1',
      'must be a number of milliseconds from 1 to 2147483647, or have a unit: 500ms, 5s, 2m. It is ignored; the default is used: 10000.',
    ],
    [
      'QUEUE_MAX_BYTES',
      '10s',
      'must be a whole number of bytes, 1 or more, or have a unit: 512KiB, 64MiB, 1GB. It is ignored; the default is used: 67108864.',
    ],
    [
      'TTL',
      '2592000',
      'must have a unit, such as 2592000s or 30d. It is ignored, as if it were not set.',
    ],
    [
      'RETRY_MAX_RETRIES',
      'forever',
      "must be a whole number, 0 or more, or 'unlimited'. It is ignored; the default is used: unlimited.",
    ],
    [
      'COMPRESSION',
      'zstd',
      "must be 'gzip', 'br' or 'none'. It is ignored; the default is used: gzip.",
    ],
    ['ASYNC_INSERT', '1', "must be 'true' or 'false'. It is ignored; the default is used: false."],
    [
      'SCHEMA',
      'parquet',
      "must be 'flat', 'otel' or 'otel_json'. It is ignored; the default is used: flat.",
    ],
    [
      'HEADERS',
      'Authorization: Bearer x',
      'must be written as key=value,key2=value2. It is ignored, as if it were not set.',
    ],
    [
      'HEADERS',
      'a=%zz',
      'must be percent-encoded: write % as %25. It is ignored, as if it were not set.',
    ],
    ['HEADERS', 'host=x', ': host is set by the exporter. It is ignored, as if it were not set.'],
    ['HEADERS', 'a=1,a=2', 'names a key twice. It is ignored, as if it were not set.'],
    [
      'SETTINGS',
      'async_insert=0',
      ': async_insert is set by the exporter. It is ignored, as if it were not set.',
    ],
    [
      'ENDPOINT',
      'localhost',
      'must be a URL such as http://localhost:8123. It is ignored; the default is used: http://localhost:8123.',
    ],
    [
      'ENDPOINT',
      'http://h/?databse=d',
      ': `databse` is not an option: did you mean `database`? That part of the URL is ignored.',
    ],
  ])('%s=%s', (name, value, sentence) => {
    const colon = sentence.startsWith(':') ? '' : ' '
    expect(doubtsOf({ [name]: value })).toEqual([`${P}${name}${colon}${sentence}`])
  })

  test('the value of a layer below, if there is one', () => {
    const config = parse(
      {},
      { ...env({ DESTINATIONS: 'c', C_ENDPOINT: 'http://c', C_TIMEOUT: 'x', TIMEOUT: '7s' }) },
    )
    expect(config.doubts[0]).toMatch(
      new RegExp(`It is ignored; the value of ${P}TIMEOUT is used\\.$`),
    )
    expect(config.destinations[0]?.timeoutMs).toBe(7000)
  })

  test.each([
    ['ENDPONT', 'ENDPOINT'],
    ['BATCH_MAXROWS', 'BATCH_MAX_ROWS'],
    ['endpoint', 'ENDPOINT'],
    ['USER', 'USERNAME'],
    ['URL', 'ENDPOINT'],
    ['BATCH_SIZE', 'BATCH_MAX_ROWS'],
  ])('%s is not known, and %s is meant', (name, meant) => {
    expect(doubtsOf({ [name]: 'x' })).toEqual([
      `${P}${name} is not known: did you mean ${P}${meant}? It is ignored.`,
    ])
  })

  test('one that is like no other is just not known', () => {
    expect(doubtsOf({ COLOUR: 'red' })).toEqual([`${P}COLOUR is not known. It is ignored.`])
  })

  test('what Kubernetes adds for a service of that name is not one of ours', () => {
    expect(
      doubtsOf({
        SERVICE_HOST: '10.0.0.1',
        SERVICE_PORT: '8123',
        SERVICE_PORT_HTTP: '8123',
        PORT: 'tcp://10.0.0.1:8123',
        PORT_8123_TCP: 'tcp://10.0.0.1:8123',
        PORT_8123_TCP_ADDR: '10.0.0.1',
      }),
    ).toEqual([])
  })

  test('blanks alone are nothing', () => {
    expect(parse({}, env({ TIMEOUT: ' ', ENDPOINT: '\t', PASSWORD: '' }))).toEqual(parse({}))
  })
})

describe('variables that contradict each other are ignored together, and never thrown', () => {
  test.each<[string, Record<string, string>, string]>([
    ['a certificate without its key', { CERT: CERT }, 'cert and key belong together'],
    ['what is no certificate', { CA: '/etc/ca.pem' }, 'must be PEM texts'],
    ['a spool without its directory', { SPOOL_FSYNC: 'always' }, 'spool.directory is missing'],
    [
      'a size of dead letters that go nowhere',
      { DEAD_LETTER_MAX_BYTES: '1MiB' },
      'deadLetter must be',
    ],
  ])('%s', (_, variables, why) => {
    const { doubts, ...config } = parse({}, env(variables))
    expect(doubts).toHaveLength(1)
    expect(doubts[0]).toContain(`${P}${Object.keys(variables)[0]} cannot be used: `)
    expect(doubts[0]).toContain(why)
    expect(config).toEqual({ ...parse({}), doubts: undefined })
  })

  test('a directory and a table for dead letters: both are ignored', () => {
    const { doubts, destinations } = parse(
      {},
      env({ DEAD_LETTER_DIRECTORY: '/d', DEAD_LETTER_TABLE: 't' }),
    )
    expect(doubts).toHaveLength(2)
    expect(destinations[0]?.deadLetter).toBeUndefined()
  })
})

test('what a URL in a variable carries is ignored alone if it contradicts: rows must not go elsewhere', () => {
  const { doubts, destinations } = parse(
    {},
    env({ ENDPOINT: 'http://h/?spool.fsync=always&table=t' }),
  )
  expect(doubts).toEqual([
    `${P}ENDPOINT cannot be used: spool.directory is missing. That part of the URL is ignored.`,
  ])
  expect(destinations[0]).toMatchObject({ spool: undefined, targets: [{ table: 't' }] })
  expect(destinations[0]?.endpoint.host).toBe('h')
})
