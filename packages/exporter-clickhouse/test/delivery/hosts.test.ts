import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { mendedSoon } from '../../../../test/kit/mended-soon.js'
import { eventually, onThisMachine, until } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { STAY_MS } from '../../src/clickhouse/doubt.js'
import { clock } from '../../src/common/clock.js'

const REPLICATED = {
  engine: JSON.stringify(['ReplicatedMergeTree', 'ReplicatedMergeTree(…)', 'uuid']),
  path: JSON.stringify(['/clickhouse/tables/1/telemetry/traces']),
}
const PLAIN = {
  engine: JSON.stringify([
    'MergeTree',
    'MergeTree SETTINGS non_replicated_deduplication_window = 9',
    '',
  ]),
  path: '',
}

/** A host with a table of this kind that handles INSERTs in this way. */
function host(insert: Behaviour = 'ok', { engine, path } = PLAIN, port = 0) {
  let current = insert
  const answer = (body: string): Behaviour => ({ status: 200, body })
  const each = ({ isInsert, statement }: Received): Behaviour => {
    if (isInsert) return current
    if (statement.includes('system.replicas')) return answer(path)
    return statement.includes('FROM system.tables') ? answer(engine) : 'ok'
  }
  const become = (next: Behaviour) => {
    current = next
  }
  return scriptedServer({ each }, port).then((server) => Object.assign(server, { become }))
}

const refusal = (status: number, code: number, text: string): Behaviour => ({
  status,
  code,
  body: `Code: ${code}. DB::Exception: ${text}`,
})

/** From now on this much later, for whatever asks the clock. Timers run as always. */
function later(ms: number): void {
  const now = clock.now
  clock.now = () => now() + ms
  onTestFinished(() => {
    clock.now = now
  })
}

const tokens = ({ inserts }: { readonly inserts: readonly Received[] }) =>
  inserts.map(({ query }) => query.get('insert_deduplication_token'))

describe('the next host', () => {
  test('is the first of the list, as long as it takes rows', async () => {
    const [a, b] = [await host(), await host()]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    for (let n = 0; n < 4; n++) await exported(exporter, spans(1, `batch ${n}`))
    expect([a.rows.length, b.rows.length]).toEqual([4, 0])
  })

  test('is each in turn with round_robin', async () => {
    const hosts = [await host(), await host(), await host()]
    const endpoints = hosts.map(({ url }) => url)
    const exporter = exporterTo({ endpoints, endpointOrder: 'round_robin' })
    for (let n = 0; n < 6; n++) await exported(exporter, spans(1, `batch ${n}`))
    expect(hosts.map(({ rows }) => rows.length)).toEqual([2, 2, 2])
  })

  test('is any of them with random', async () => {
    const hosts = [await host(), await host()]
    const endpoints = hosts.map(({ url }) => url)
    const exporter = exporterTo({ endpoints, endpointOrder: 'random' })
    for (let n = 0; n < 40; n++) await exported(exporter, spans(1, `batch ${n}`))
    for (const { rows } of hosts) expect(rows.length).toBeGreaterThan(3)
  })

  test('is another if the first has certainly not written the rows', async () => {
    const cases: [string, Behaviour | undefined][] = [
      ['nothing listens', undefined],
      ['no backend', { status: 503 }],
      ['too many queries', refusal(503, 202, 'Too many simultaneous queries')],
      ['a table that is read only', refusal(500, 242, 'Table is in readonly mode')],
      ['no ZooKeeper', refusal(500, 225, 'No ZooKeeper')],
      ['credentials', refusal(403, 516, 'Authentication failed')],
    ]
    for (const [name, behaviour] of cases) {
      const b = await host()
      const first = behaviour ? (await host(behaviour)).url : `http://127.0.0.1:${await freePort()}`
      const exporter = exporterTo({ endpoints: [first, b.url] })
      for (let n = 0; n < 3; n++) await exported(exporter, spans(1, `${name} ${n}`))
      expect(b.rows.length, name).toBe(3)
      const counts = { delivered: 3, retries: 0, failing: false, possibleDuplicates: 0 }
      expect(statsOf(exporter), name).toMatchObject(counts)
    }
  })

  test('is not asked for rows that no host would take, nor for a table that lacks our columns', async () => {
    const [a, b] = [await host(refusal(400, 27, 'Cannot parse input')), await host()]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    await exported(exporter, spans(1))
    expect(statsOf(exporter)).toMatchObject({ dropped: { rejected: 1 } })
    a.become(refusal(404, 16, 'No such column'))
    await exported(exporter, spans(1))
    expect(b.inserts).toHaveLength(0)
  })

  const LACKS = refusal(404, 60, 'Table telemetry.traces does not exist')
  /** It has no table, and this user may not create one. */
  const refusesToCreate: Behaviour = refusal(403, 497, 'Not enough privileges')

  test.each([
    ['off', 'ok'],
    ['create', refusesToCreate],
  ] as const)(
    'is another if the first lacks the table (%s): one line says so, and it is asked again later',
    async (manageSchema, create) => {
      const lines = diagLines()
      const [a, b] = [await host(LACKS), await host()]
      let hasTable = false
      const answer = ({ isInsert, statement }: Received): Behaviour => {
        if (isInsert) return hasTable ? 'ok' : LACKS
        return statement.startsWith('CREATE') ? create : 'ok'
      }
      a.follow({ each: answer })
      const exporter = exporterTo({ endpoints: [a.url, b.url], manageSchema })
      for (let n = 0; n < 4; n++) await exported(exporter, spans(1, `batch ${n}`))
      expect(statsOf(exporter)).toMatchObject({ delivered: 4, retries: 0, failing: false })
      expect(a.inserts).toHaveLength(1)
      later(31_000)
      await exported(exporter, spans(1, 'still none'))
      expect(a.inserts).toHaveLength(2)
      hasTable = true
      later(31_000)
      await exported(exporter, spans(1, 'there'))
      expect([a.rows.length, b.rows.length]).toEqual([1, 5])
      expect(lines).toEqual([
        expect.stringMatching(
          /host 127\.0\.0\.1:\d+, `telemetry`\.`traces` takes no rows: .*Its rows go to other hosts/,
        ),
        expect.stringMatching(/host 127\.0\.0\.1:\d+, `telemetry`\.`traces` takes rows again/),
      ])
    },
  )

  test('does not help if all of them lack the table: rows wait, and one line says so', async () => {
    const lines = diagLines()
    const hosts = [await host(LACKS), await host(LACKS)]
    const endpoints = hosts.map(({ url }) => url)
    const exporter = exporterTo({ endpoints, manageSchema: 'off' })
    await exported(exporter, spans(2))
    expect(statsOf(exporter)).toMatchObject({ failing: true, waiting: 2, possibleDuplicates: 0 })
    expect(hosts.map(({ inserts }) => inserts.length)).toEqual([1, 1])
    expect(lines).toEqual([
      expect.stringMatching(/takes no rows: ClickHouse error 60: .*Create the table/),
    ])
  })

  test('that has the table is down, and the first lacks it: rows wait for that one', async () => {
    mendedSoon()
    const port = await freePort()
    const a = await host(LACKS)
    const endpoints = [a.url, `http://127.0.0.1:${port}`]
    const exporter = exporterTo({ endpoints, manageSchema: 'off' })
    await exported(exporter, spans(2))
    expect(statsOf(exporter)).toMatchObject({ failing: true, waiting: 2 })
    expect(statsOf(exporter).lastError).toMatch(/^ClickHouse error 60: /)
    const b = await host('ok', PLAIN, port)
    await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 2 }))
    expect(b.rows).toHaveLength(2)
  })

  test('creates its own tables', async () => {
    const missing = refusal(404, 60, 'Unknown table')
    const [a, b] = [await host(missing), await host(missing)]
    for (const one of [a, b])
      one.become(({ query }, response) => {
        const isThere = one.requests.some(({ statement }) => statement.startsWith('CREATE TABLE'))
        if (isThere) response.end()
        else response.writeHead(404, { 'x-clickhouse-exception-code': '60' }).end(`${query.size}`)
      })
    const exporter = exporterTo({ endpoints: [a.url, b.url], endpointOrder: 'round_robin' })
    for (let n = 0; n < 2; n++) await exported(exporter, spans(1, `batch ${n}`))
    for (const { requests } of [a, b])
      expect(requests.some(({ statement }) => statement.startsWith('CREATE TABLE'))).toBe(true)
    expect(statsOf(exporter)).toMatchObject({ delivered: 2 })
  })
})

describe('a host that fails', () => {
  test('is left alone, said once, pinged, and used again when it answers', async () => {
    const lines = diagLines()
    const port = await freePort()
    const b = await host()
    const exporter = exporterTo({ endpoints: [`http://127.0.0.1:${port}`, b.url] })
    for (let n = 0; n < 5; n++) await exported(exporter, spans(1, `batch ${n}`))
    expect(statsOf(exporter)).toMatchObject({ delivered: 5, requests: 6 }) // one of them at the first host
    const a = await host('ok', PLAIN, port)
    await until(async () => {
      await exported(exporter, spans(1))
      return a.rows.length > 0
    })
    expect(a.requests[0]?.path).toContain('/ping')
    await exported(exporter, spans(1))
    expect(lines).toEqual([
      expect.stringMatching(
        /primary: host 127\.0\.0\.1:\d+ takes no rows: connect ECONNREFUSED.*Its rows go to other hosts\./,
      ),
      expect.stringMatching(/primary: host 127\.0\.0\.1:\d+ takes rows again after/),
    ])
  })

  test('by hanging holds up its requests only until a ping is not answered', async () => {
    const a = await host()
    const b = await host()
    const exporter = exporterTo({ endpoints: [a.url, b.url], timeoutMs: 60_000 })
    await exported(exporter, spans(1, 'before'))
    a.follow('hang')
    const startedAt = performance.now()
    void exported(exporter, spans(1, 'held up'))
    await eventually(() => expect(statsOf(exporter).errors).toBeGreaterThanOrEqual(1))
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(30_000))
    void exported(exporter, spans(1, 'after'))
    await until(() => b.rows.length === 1 && statsOf(exporter).delivered === 2)
    expect(statsOf(exporter)).toMatchObject({ delivered: 2, waiting: 1 })
  })

  test('as all others do is a failing server, as if it were one host', async () => {
    const lines = diagLines()
    const ports = [await freePort(), await freePort()]
    const exporter = exporterTo({ endpoints: ports.map((port) => `http://127.0.0.1:${port}`) })
    await exported(exporter, spans(3))
    expect(statsOf(exporter)).toMatchObject({ failing: true, waiting: 3 })
    expect(lines.at(-1)).toMatch(/primary \(127\.0\.0\.1:\d+\) takes no rows: connect ECONNREFUSED/)
    const b = await host('ok', PLAIN, ports[1])
    await until(() => b.rows.length === 3)
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({ failing: false, delivered: 3, waiting: 0 }),
    )
  })

  test('uses up no attempt of a batch that waits for it', async () => {
    const [a, b] = [await host('lose the answer'), await host()]
    const exporter = exporterTo({
      endpoints: [a.url, b.url],
      retry: { maxRetries: 1, initialDelayMs: 5 },
    })
    await exported(exporter, spans(1))
    await a.received(8)
    expect(statsOf(exporter)).toMatchObject({ dropped: {}, waiting: 1 })
    a.become('ok')
    await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 1 }))
  })
})

test('a host that is drained, and closes each connection after its answer, costs no attempt of a batch', async () => {
  const [a, b] = [await host(), await host()]
  const exporter = exporterTo({ endpoints: [a.url, b.url], batch: { maxRows: 1 } })
  await exported(exporter, spans(8, 'before'))
  a.become((_, response) => void response.writeHead(200, { connection: 'close' }).end())
  await exported(exporter, spans(8, 'draining'))
  await a.close()
  await exported(exporter, spans(8, 'gone'))
  expect(statsOf(exporter)).toMatchObject({ delivered: 24, retries: 0, possibleDuplicates: 0 })
  expect(a.inserts).toHaveLength(16)
  expect(b.rows).toHaveLength(8)
})

describe('a batch whose answer was lost', () => {
  test('stays with the host whose tokens no other shares, while new batches go to the others', async () => {
    const [a, b] = [await host(), await host()]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    a.become('lose the answer')
    await exported(exporter, spans(2, 'lost'))
    await exported(exporter, spans(2, 'new'))
    await until(() => b.rows.length === 2)
    a.become('ok')
    await eventually(() => expect(statsOf(exporter)).toMatchObject({ waiting: 0 }))
    expect(a.rows).toHaveLength(2)
    expect(new Set(tokens(a)).size).toBe(1)
    expect(b.rows.map(({ span_name }) => span_name)).toEqual(['new 1', 'new 2'])
    expect(statsOf(exporter)).toMatchObject({ delivered: 4, possibleDuplicates: 0 })
  })

  test('goes elsewhere if that host has not come back in time, and counts as possible duplicates', async () => {
    const [a, b] = [await host('lose the answer'), await host()]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    await exported(exporter, spans(3, 'lost'))
    a.become('reset')
    await a.received(4)
    expect(b.inserts).toHaveLength(0)
    later(STAY_MS)
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({ delivered: 3, possibleDuplicates: 3 }),
    )
    expect(b.rows).toHaveLength(3)
    expect(tokens(b)[0]).toBe(tokens(a)[0])
  })

  test('goes at once to a host that shares the tokens, and counts once', async () => {
    const [a, b] = [await host('ok', REPLICATED), await host('ok', REPLICATED)]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    await exported(exporter, spans(1, 'first'))
    await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
    a.become('lose the answer')
    await exported(exporter, spans(2, 'lost'))
    expect(statsOf(exporter)).toMatchObject({ delivered: 3, retries: 0, possibleDuplicates: 0 })
    expect(b.rows).toHaveLength(2)
    expect(tokens(b)[0]).toBe(tokens(a).at(-1))
  })

  test('waits for that host if the answer of another about its tokens cannot be read', async () => {
    const a = await host('ok', REPLICATED)
    const b = await scriptedServer({ status: 200, body: 'Back in a minute.' })
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    await exported(exporter, spans(1, 'first'))
    await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
    a.become('lose the answer')
    void exported(exporter, spans(2, 'lost'))
    await until(() => statsOf(exporter).retries > 0 || statsOf(exporter).waiting === 0)
    expect(statsOf(exporter)).toMatchObject({ waiting: 2, dropped: {} })
    a.become('ok')
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({ delivered: 3, possibleDuplicates: 0 }),
    )
    expect(a.rows).toHaveLength(3)
  })

  test.each([
    ['too large for it', 413, 0],
    ['too large for its query', 500, 307],
  ])(
    'counts as possible duplicates if the host that shares the tokens finds it %s: parts have other tokens',
    async (_, status, code) => {
      const [a, b] = [await host('ok', REPLICATED), await host('ok', REPLICATED)]
      const exporter = exporterTo({ endpoints: [a.url, b.url] })
      await exported(exporter, spans(1, 'first'))
      await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
      a.become('lose the answer')
      b.become(({ rows }, response) => {
        if (rows.length === 1) response.end()
        else response.writeHead(status, { 'x-clickhouse-exception-code': code }).end('too large')
      })
      await exported(exporter, spans(2, 'lost'))
      await eventually(() =>
        expect(statsOf(exporter)).toMatchObject({ delivered: 3, possibleDuplicates: 2 }),
      )
    },
  )

  test.each([
    [999, 'Coordination::Exception: Connection loss, path: /clickhouse/tables/1'],
    [319, 'Unknown status, client must retry. Reason: Operation timeout'],
  ])(
    'because its replica has lost Keeper (%i) goes at once to a replica that shares the tokens',
    async (code, text) => {
      const [a, b] = [await host('ok', REPLICATED), await host('ok', REPLICATED)]
      const exporter = exporterTo({ endpoints: [a.url, b.url] })
      await exported(exporter, spans(1, 'first'))
      await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
      a.become(refusal(500, code, text))
      await exported(exporter, spans(2, 'unclear'))
      await exported(exporter, spans(2, 'next'))
      expect(statsOf(exporter)).toMatchObject({ delivered: 5, retries: 0, possibleDuplicates: 0 })
      expect(b.rows).toHaveLength(4)
      expect(tokens(b)[0]).toBe(tokens(a).at(-1))
    },
  )

  test('by one shard behind a host counts as possible duplicates if the next host refuses one of its rows', async () => {
    const [a, b] = [await host('ok', REPLICATED), await host('ok', REPLICATED)]
    const exporter = exporterTo({ endpoints: [a.url, b.url], manageSchema: 'off' })
    await exported(exporter, spans(1, 'first'))
    await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
    a.become(refusal(404, 60, 'Received from ch2:9000. DB::Exception: Table t.l does not exist'))
    b.become(({ rows }, response) => {
      if (rows.every((row) => row['span_name'] !== 'bad 1')) response.end()
      else response.writeHead(400, { 'x-clickhouse-exception-code': 27 }).end('Cannot parse')
    })
    await exported(exporter, [...spans(3, 'good'), ...spans(1, 'bad')])
    await eventually(() =>
      expect(statsOf(exporter)).toMatchObject({ delivered: 4, dropped: { rejected: 1 } }),
    )
    expect(statsOf(exporter).possibleDuplicates).toBe(3)
  })

  test('does not go to a replica of another shard', async () => {
    const other = { ...REPLICATED, path: JSON.stringify(['/clickhouse/tables/2/telemetry/traces']) }
    const [a, b] = [await host('ok', REPLICATED), await host('ok', other)]
    const exporter = exporterTo({ endpoints: [a.url, b.url] })
    await exported(exporter, spans(1, 'first'))
    await eventually(() => expect(statsOf(exporter).deduplication).toBe('effective'))
    a.become('lose the answer')
    await exported(exporter, spans(2, 'lost'))
    await a.received(a.requests.length + 3)
    expect(b.inserts).toHaveLength(0)
    a.become('ok')
    await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 3 }))
  })

  test('is rather stored at two hosts than lost when the process ends', async () => {
    const [a, b] = [await host('lose the answer'), await host()]
    const exporter = exporterTo({ endpoints: [a.url, b.url], shutdownTimeoutMs: 30_000 })
    await exported(exporter, spans(3))
    await a.close()
    await exporter.shutdown()
    expect(b.rows).toHaveLength(3)
    expect(statsOf(exporter)).toMatchObject({ delivered: 3, possibleDuplicates: 3 })
  })

  test('of an earlier process counts as possible duplicates, unless all hosts share their tokens', async () => {
    for (const [kind, possibleDuplicates] of [
      [PLAIN, 2],
      [REPLICATED, 0],
    ] as const) {
      const spool = { directory: temporaryDirectory() }
      const port = await freePort()
      const left = exporterTo({ endpoint: `http://127.0.0.1:${port}`, spool })
      await exported(left, spans(2))
      await left.shutdown()
      const endpoints = [(await host('ok', kind)).url, (await host('ok', kind)).url]
      const exporter = exporterTo({ endpoints, spool })
      await eventually(() =>
        expect(statsOf(exporter)).toMatchObject({ delivered: 2, possibleDuplicates }),
      )
    }
  })
})

describe('a name with several addresses', () => {
  /** Servers at 127.0.0.1, 127.0.0.2, …, all at one port, and the hosts that requests name. */
  async function servers(count: number) {
    const port = await freePort()
    const asked: string[][] = []
    for (let n = 0; n < count; n++) {
      const own: string[] = []
      asked.push(own)
      const server = createServer((request, response) => {
        request.resume().on('end', () => response.end())
        if (request.url?.includes('insert_deduplication_token'))
          own.push(request.headers.host ?? '')
      }).listen(port, `127.0.0.${n + 1}`)
      await once(server, 'listening')
      onTestFinished(() => {
        server.close()
        server.closeAllConnections()
      })
    }
    return { port, asked }
  }

  const answering =
    (...answer: unknown[]) =>
    (...asked: unknown[]) =>
      setImmediate(asked.at(-1) as (...answer: unknown[]) => void, ...answer)

  const addressesOf = (...addresses: string[]) =>
    answering(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

  function resolveTo(...addresses: string[]) {
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(addressesOf(...addresses) as never)
    onTestFinished(() => spy.mockRestore())
    return spy
  }

  test.runIf(process.platform === 'linux')('is as many hosts', async () => {
    const { port, asked } = await servers(2)
    const lookup = resolveTo('127.0.0.1', '127.0.0.2')
    const exporter = exporterTo({
      endpoint: `http://cluster.example:${port}`,
      endpointOrder: 'round_robin',
    })
    for (let n = 0; n < 4; n++) await exported(exporter, spans(1, `batch ${n}`))
    const name = `cluster.example:${port}`
    expect(asked).toEqual([
      [name, name],
      [name, name],
    ])
    expect(lookup).toHaveBeenCalledTimes(1)
  })

  test.runIf(process.platform === 'linux')('is asked again, and follows what it says', async () => {
    const { port, asked } = await servers(3)
    const lookup = resolveTo('127.0.0.1', '127.0.0.2')
    const exporter = exporterTo({
      endpoint: `http://cluster.example:${port}`,
      endpointOrder: 'in_order',
    })
    await exported(exporter, spans(1))
    lookup.mockImplementation(addressesOf('127.0.0.3', '127.0.0.2') as never)
    later(60_000)
    await until(async () => {
      await exported(exporter, spans(1))
      return asked[2]?.length === 1
    })
    expect(asked[1]).toEqual([])
  })

  test('is one host if the addresses are of two kinds, and without endpointOrder it is not asked before', async () => {
    const a = await host()
    const lookup = resolveTo('127.0.0.1', '::1')
    const lone = exporterTo({ endpoint: `http://localhost:${a.port}` })
    await exported(lone, spans(1))
    const asks = () =>
      lookup.mock.calls.filter(([, options]) => isDeepStrictEqual(options, { all: true }))
    expect(asks()).toHaveLength(0)
    const exporter = exporterTo({ endpoint: `http://localhost:${a.port}`, endpointOrder: 'random' })
    await exported(exporter, spans(1, 'other'))
    expect(asks()).toHaveLength(1)
    expect(a.rows).toHaveLength(2)
  })

  test('that no name server knows is left to the connection, and its error names it', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.invalid'), {
      code: 'ENOTFOUND',
    })
    resolveTo().mockImplementation(answering(unknown) as never)
    const exporter = exporterTo({ endpoint: 'http://nowhere.invalid', endpointOrder: 'random' })
    await exported(exporter, spans(1))
    expect(statsOf(exporter)).toMatchObject({ failing: true, waiting: 1 })
    expect(statsOf(exporter).lastError).toMatch(/nowhere\.invalid/)
  })
})
