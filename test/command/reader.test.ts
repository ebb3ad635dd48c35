import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openReader } from '../../packages/spanhouse/src/clickhouse/open-reader.js'
import { ReadError } from '../../packages/spanhouse/src/clickhouse/read-error.js'
import type { Connection } from '../../packages/spanhouse/src/clickhouse/reader.js'
import { openReaderFor } from '../../packages/spanhouse/src/config/connect.js'
import { freePort } from '../kit/free-port.js'

const SECRET = 'hush-hush'
let server: ClickHouseServer

beforeAll(async () => {
  server = await startClickHouse({
    users: [
      { name: 'reader1', password: SECRET, readonly: 1 },
      { name: 'reader2', password: SECRET, readonly: 2 },
      { name: 'slow', password: SECRET, constraints: { max_execution_time: { max: 1 } } },
      { name: 'fixed', password: SECRET, constraints: { readonly: { readonly: true } } },
      { name: 'blind', password: SECRET, grants: [] },
    ],
  })
  for (const statement of flatTraces.ddl({ database: 'telemetry' })) await server.query(statement)
})
afterAll(() => server?.stop())

function connectionOf(username = 'default', url = server.url): Connection {
  const password = username === 'default' ? '' : SECRET
  return { url, username, password, headers: {}, tls: {} }
}

function readerOf(username?: string, url?: string) {
  const reader = openReader(connectionOf(username, url))
  onTestFinished(() => reader.close())
  return reader
}

async function messageOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (reason: Error) => reason,
  )
  return error.message
}

describe.each(['default', 'reader1', 'reader2', 'slow'])('The user %s', (user) => {
  test('reads rows with parameters that the server fills in', async () => {
    const hostile = 'it\'s \\ {x:String} "\n\t\u0001😀'
    const { rows, rowsRead } = await readerOf(user).ask<{ text: string }>({
      name: 'probe',
      sql: 'SELECT {text:String} AS text, number FROM numbers(2)',
      parameters: { text: hostile },
    })
    expect(rows).toMatchObject([
      { text: hostile, number: 0 },
      { text: hostile, number: 1 },
    ])
    expect(rowsRead).toBe(user === 'reader1' ? rowsRead : 2)
  })

  test('runs SQL of their own, but cannot write with it', async () => {
    const reader = readerOf(user)
    const answer = await reader.askSql("SELECT 1 AS one, [1, 2] AS list, 'x' -- comment")
    expect(answer.columns.map(({ name }) => name)).toEqual(['one', 'list', "'x'"])
    expect(answer.rows).toEqual([[1, [1, 2], 'x']])
    for (const sql of [
      'CREATE TABLE telemetry.x (a Int8) ENGINE = Memory',
      'DROP TABLE telemetry.traces',
      "INSERT INTO telemetry.traces (span_id) VALUES ('1')",
      'TRUNCATE TABLE telemetry.traces',
      'SET readonly = 0',
    ]) {
      expect(await messageOf(reader.askSql(sql)), sql).toMatch(/^Only reading is allowed here/)
      // The server refuses it too, without our look at the statement.
      const unseen = reader.ask({ name: 'write', sql, parameters: {} })
      expect(await messageOf(unseen), sql).toMatch(/readonly|privileges|ACCESS|right/i)
    }
    expect(await server.query('EXISTS telemetry.traces')).toBe('1\n')
  })

  test('gets no more rows than the limit, and is told so', async () => {
    const answer = await readerOf(user).askSql('SELECT number FROM numbers(100000)')
    expect(answer.rows).toHaveLength(10_000)
    expect(answer.truncated).toBe(true)
  })

  test('finds the tables of spans', async () => {
    const tables = await readerOf(user).tables()
    expect(tables).toMatchObject([{ database: 'telemetry', table: 'traces', family: 'flat' }])
  })
})

test('A limit in the SQL itself does not loosen the limits of later queries', async () => {
  const reader = readerOf()
  await messageOf(reader.askSql('SELECT 1 SETTINGS max_execution_time = 0'))
  await messageOf(reader.askSql('SELECT 1 SETTINGS readonly = 0'))
  const { rows } = await reader.askSql(
    "SELECT getSetting('readonly'), getSetting('max_execution_time')",
  )
  expect(rows).toMatchObject([[expect.anything(), expect.anything()]])
  expect(rows[0]?.map(Number)).toEqual([1, 20])
})

test('A user who may write, and whose profile fixes readonly, cannot run SQL of their own', async () => {
  const reader = readerOf('fixed')
  expect(await messageOf(reader.askSql('SELECT 1'))).toMatch(
    /may write.*use a user with readonly=1/,
  )
  expect(await reader.tables()).toHaveLength(1)
})

test('Large integers are exact in SQL of the user', async () => {
  const { rows } = await readerOf().askSql('SELECT toUInt64(18446744073709551615) AS n')
  expect(rows).toEqual([['18446744073709551615']])
})

test('Decimals, NaN and infinity are what they are in SQL of the user', async () => {
  const { rows } = await readerOf().askSql(
    "SELECT toDecimal256('12345678901234567890.123456789', 9), nan, -inf, [nan], toInt256('-1')",
  )
  expect(rows).toEqual([['12345678901234567890.123456789', 'nan', '-inf', ['nan'], '-1']])
})

test('A query that fails after its first rows is an error, not a short answer', async () => {
  for (const user of ['default', 'reader1']) {
    const sql =
      'SELECT number, throwIf(number = 100000), randomPrintableASCII(100) FROM numbers(140000)'
    const answer = readerOf(user).askSql(sql)
    const outcome = await answer.then(
      ({ truncated }) => (truncated ? 'cut' : 'whole'),
      (error: Error) => error.message,
    )
    expect(outcome).not.toBe('whole')
  }
  const few = 'SELECT number, throwIf(number = 5) FROM numbers(10) SETTINGS max_block_size = 1'
  expect(
    await messageOf(
      readerOf('reader1').ask({ name: 'x', sql: few.replace(/ SETT.*/, ''), parameters: {} }),
    ),
  ).toMatch(/throwIf/)
})

test('An answer that is too long is cut and marked', async () => {
  for (const user of ['default', 'reader1']) {
    const sql = "SELECT repeat('x', 3000) AS text FROM numbers(8000)"
    const answer = await readerOf(user).askSql(sql)
    expect(answer.truncated, user).toBe(true)
    expect(JSON.stringify(answer.rows).length, user).toBeLessThan(16_000_100)
  }
})

test.each(['CSV', 'JSONCompactEachRow', 'JSONCompactStringsEachRowWithNamesAndTypes'])(
  'FORMAT %s in the SQL is refused in one sentence',
  async (format) => {
    const sql = `SELECT number FROM numbers(3) FORMAT ${format}`
    expect(await messageOf(readerOf().askSql(sql))).toMatch(/leave out FORMAT/)
  },
)

describe.each(['default', 'reader1', 'reader2'])('What readonly=1 lets %s do', (user) => {
  test.each([
    "SELECT file('/etc/hostname')",
    "SELECT `file`('/etc/hostname')",
    'SELECT "fil\\x65"(\'/etc/hostname\')',
    "SELECT $$'$$, file('/etc/hostname'), $$'$$",
    "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
    "SELECT arrayMap(file, ['/etc/hostname'])",
    "WITH (x -> file(x)) AS g SELECT g('/etc/hostname')",
    "EXPLAIN SELECT file('/etc/hostname')",
    "file('/etc/hostname')",
  ])('does not let it read files of the server: %s', async (sql) => {
    expect(await messageOf(readerOf(user).askSql(sql))).toMatch(/file is not allowed here|Syntax/)
  })

  test('does not let it end the queries of others', async () => {
    for (const sql of ['KILL QUERY WHERE 1', '/* x */ kill query WHERE 0 SYNC'])
      expect(await messageOf(readerOf(user).askSql(sql))).toMatch(/^Only reading is allowed here/)
  })

  test('includes columns, aliases and texts that are called as a function is', async () => {
    const { rows } = await readerOf(user).askSql(
      "SELECT t.file, 'file(1)' AS file, t.`file` FROM (SELECT 1 AS file) AS t -- file('x')",
    )
    expect(rows).toEqual([[1, 'file(1)', 1]])
  })
})

test('A mistake in the SQL is said without the version of the server', async () => {
  const message = await messageOf(readerOf().askSql('SELEC 1'))
  expect(message).toMatch(/^ClickHouse says: Syntax error/)
  expect(message).not.toMatch(/version|\n/)
})

test('A mistake in very long SQL is said, although the server repeats the SQL', async () => {
  const sql = `SELECT ${Array(60_000).fill('1').join('+')}`
  expect(await messageOf(readerOf().askSql(sql))).toBe(
    'ClickHouse says: AST is too deep. Maximum: 1000.',
  )
})

test('A query that nobody waits for any more is ended on the server', async () => {
  const reader = readerOf()
  await reader.version()
  const leaving = new AbortController()
  const sql = 'SELECT sum(sipHash64(number)) AS mark_of_this_test FROM numbers(1000000000000)'
  const running = messageOf(reader.askSql(sql, leaving.signal))
  const count = async () =>
    Number(
      await server.query(
        "SELECT count() FROM system.processes WHERE query LIKE '%mark_of_this_test%' AND query NOT LIKE '%system.processes%'",
      ),
    )
  await expect.poll(count).toBe(1)
  leaving.abort()
  expect(await running).toMatch(/cancelled/)
  await expect.poll(count).toBe(0)
})

describe('An error is one sentence with its fix, and without the password:', () => {
  const sentence = async (work: Promise<unknown>) => {
    const message = await messageOf(work)
    expect(message).not.toContain(SECRET)
    expect(message).not.toMatch(/[\n\p{Cc}]/u)
    return message
  }

  test('a table that is gone, without the query that asked for it', async () => {
    const sql = "SELECT span_name, 'a value of the search' FROM telemetry.gone AS span"
    const message = await messageOf(readerOf().ask({ name: 'probe', sql, parameters: {} }))
    expect(message).toMatch(/Unknown table expression identifier 'telemetry\.gone': check its name/)
    expect(message).not.toContain('a value of the search')
  })

  test('a wrong password', async () => {
    const reader = openReader({ ...connectionOf('reader1'), password: `${SECRET}-wrong` })
    onTestFinished(() => reader.close())
    expect(await sentence(reader.version())).toMatch(/refuses the user 'reader1'.*PASSWORD/)
  })

  test('nothing listens', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    expect(await sentence(readerOf('reader1', url).version())).toMatch(/ECONNREFUSED.*8123/)
  })

  test('a name that does not exist', async () => {
    const url = 'http://no-such-host.invalid:8123'
    expect(await sentence(readerOf('reader1', url).version())).toMatch(/host name/)
  })

  test('the native port', async () => {
    const url = `http://127.0.0.1:${server.tcpPort}`
    expect(await sentence(readerOf('reader1', url).version())).toMatch(/HTTP port \(8123\)/)
  })

  test('a port that does not speak TLS', async () => {
    const url = server.url.replace('http:', 'https:')
    expect(await sentence(readerOf('reader1', url).version())).toMatch(/does not speak TLS/)
  })

  const pages: [string, RequestListener][] = [
    ['a page', (_, reply) => reply.setHeader('Content-Type', 'text/html').end('<h1>Hello</h1>')],
    ['an empty answer', (_, reply) => reply.end()],
    ['not found', (_, reply) => reply.writeHead(404).end('<title>no\u001b[31m such page</title>')],
    ['a redirect', (_, reply) => reply.writeHead(302, { Location: '/login' }).end()],
    [
      'an endless page',
      (_, reply) => {
        const timer = setInterval(() => reply.write('x'.repeat(100_000)), 1)
        reply.on('close', () => clearInterval(timer))
      },
    ],
  ]
  test.each(pages)('%s instead of ClickHouse', async (_, listener) => {
    const other = createServer(listener).listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close().closeAllConnections())
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(await sentence(readerOf('reader1', url).version())).toMatch(
      /does not answer as ClickHouse does/,
    )
  })

  test('a server that says nothing', async () => {
    const silent = createTcpServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => void silent.close())
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`
    expect(await sentence(readerOf('reader1', url).version())).toMatch(/gave no complete answer/)
  })
})

describe('openReaderFor()', () => {
  const open = (values: Record<string, string>, env: NodeJS.ProcessEnv = {}) =>
    openReaderFor({ values, env })

  test('reads what --endpoint names, with the credentials in the URL', async () => {
    const endpoint = server.url.replace('//', `//reader1:${SECRET}@`)
    const { reader, table } = await open({ endpoint })
    onTestFinished(() => reader.close())
    expect(table).toMatchObject({ database: 'telemetry', table: 'traces' })
    expect(reader.connection.url).toBe(server.url)
  })

  test('takes host and port without a scheme, and the password of the environment', async () => {
    const { reader } = await open(
      { endpoint: server.url.slice('http://'.length), user: 'reader2' },
      { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: SECRET },
    )
    onTestFinished(() => reader.close())
    expect(await reader.version()).toMatch(/^\d+\.\d+/)
  })

  test("reads the exporter's ClickHouse otherwise", async () => {
    const { reader } = await open({}, { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url })
    onTestFinished(() => reader.close())
    expect(reader.connection.url).toBe(server.url)
  })

  test('says which tables there are if --table names another', async () => {
    const message = await messageOf(open({ endpoint: server.url, table: 'telemetry.spans' }))
    expect(message).toMatch(/no table of spans telemetry\.spans: it has telemetry\.traces/)
  })

  test('says what to do if there is no table', async () => {
    const endpoint = server.url.replace('//', `//blind:${SECRET}@`)
    const message = await messageOf(open({ endpoint }))
    expect(message).toMatch(/no table of spans.*spanhouse ddl|right/)
  })

  test('does not show an endpoint that is no URL', async () => {
    const message = await messageOf(open({ endpoint: `ftp://u:${SECRET}@host` }))
    expect(message).toMatch(/^--endpoint must begin with http/)
    expect(message).not.toContain(SECRET)
  })
})

test('A sentence whose fix is a question ends with its question mark', () => {
  expect(new ReadError('query', 'No', { fix: 'did you mean x?' }).message).toBe(
    'No: did you mean x?',
  )
  expect(new ReadError('query', 'No', { fix: 'choose x' }).message).toBe('No: choose x.')
})
