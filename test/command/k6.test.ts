// What `spanhouse k6` makes of a stream or a file of k6, on a real server. How it starts k6 itself is in k6-process.test.ts.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { linesOf, pointsOf } from '../kit/k6-run.mjs'
import { elapsed, eventually, SOON_MS, until } from '../kit/patience.js'
import { rawServer } from '../kit/raw-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { run, start, statementsOf } from './command-kit.js'
import { k6Kit, text } from './k6-kit.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const { newRun, rows, samplesOf, thresholdsOf, piped, read } = k6Kit(() => server)

interface Order {
  readonly metric: string
  readonly at: string
}

describe('A stream', () => {
  test('becomes one row for each sample, exact to the nanosecond', async () => {
    const points = [...pointsOf({ iterations: 50 })]
    const { runId, code, out, err } = await read(text(linesOf(points)))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(`k6 run ${runId}: read ${points.length} samples.`)
    const wanted = points.map(({ metric, value, tags, metadata = {}, ms, nanos }) => ({
      ...{ metric, value, tags, metadata },
      at: String(BigInt(ms) * 1_000_000n + BigInt(nanos)),
    }))
    const order = (a: Order, b: Order) =>
      a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : Number(BigInt(a.at) - BigInt(b.at))
    const there = (await samplesOf(runId)).map(({ metric, value, tags, metadata, at }) => ({
      ...{ metric, value, tags, metadata },
      at,
    }))
    expect(there.sort(order)).toEqual(wanted.sort(order))
    const types = await rows(
      `SELECT metric, any(metric_type) AS type, any(contains) AS contains FROM telemetry.k6_samples WHERE run_id = '${runId}' AND metric IN ('data_received', 'http_req_duration', 'vus') GROUP BY metric ORDER BY metric`,
    )
    expect(types).toEqual([
      { metric: 'data_received', type: 'counter', contains: 'data' },
      { metric: 'http_req_duration', type: 'trend', contains: 'time' },
      { metric: 'vus', type: 'gauge', contains: 'default' },
    ])
  })

  test('is read across the banner, the progress and the summary, which are passed on', async () => {
    const lines = [...linesOf(pointsOf({ iterations: 3 }))]
    const noise = [
      '',
      '   /\\  Grafana \u001b[31mk6\u001b[0m',
      'running (0m01.0s)',
      '█ TOTAL RESULTS',
    ]
    const stream = [
      ...noise.slice(0, 2),
      ...lines.slice(0, 9),
      noise[2],
      ...lines.slice(9),
      noise[3],
    ]
    const { runId, code, out } = await read(stream.join('\r\n'))
    expect(code).toBe(0)
    expect(out).toContain('\n   /\\  Grafana k6\nrunning (0m01.0s)\n█ TOTAL RESULTS\n')
    expect(out).toMatch(/read \d+ samples, left out 3 lines \(3 no JSON\)\./)
    expect(await samplesOf(runId)).toHaveLength([...pointsOf({ iterations: 3 })].length)
  })

  test('loses only the lines that cannot be read, each counted by its kind', async () => {
    const [declaration = '', good = ''] = [...linesOf(pointsOf({ iterations: 1 }))]
    const point = JSON.parse(good)
    const changed = (data: object) => JSON.stringify({ ...point, data: { ...point.data, ...data } })
    const { runId, code, out } = await read(
      [
        ...[declaration, good, 'a text', good.slice(0, 40), `${good.slice(0, 60)}x${good}`],
        ...[
          '{"type":"Point"}',
          '{"a":1}',
          '[1]',
          'null',
          '{"type":"Point","metric":"m","data":[]}',
        ],
        ...[
          changed({ time: 'yesterday' }),
          changed({ time: 5 }),
          changed({ value: 'much' }),
          changed({ value: null }),
        ],
        changed({ tags: { long: 'x'.repeat(1024 * 1024) } }),
        changed({ tags: null, metadata: { n: 1, o: { p: [1] }, z: null } }),
        good,
      ].join('\n'),
    )
    expect(code).toBe(0)
    expect(out).toContain(
      'read 3 samples, left out 13 lines (3 no JSON, 2 broken JSON, 3 not of k6, 4 without a readable time or value, 1 longer than 1 MiB).',
    )
    const there = await samplesOf(runId)
    expect(there).toHaveLength(3)
    expect(there.map(({ metadata }) => metadata)).toContainEqual({ n: '1', o: '{"p":[1]}', z: '' })
  })

  test.each([
    ['2026-03-29T02:30:00.123456789+05:45', '1774730700123456789'],
    ['2026-03-28T20:45:00.1Z', '1774730700100000000'],
    ['2026-03-28T13:45:00-07:00', '1774730700000000000'],
  ])('has the time of %s in UTC', async (time, nanoseconds) => {
    const line = JSON.stringify({ type: 'Point', metric: 'm', data: { time, value: 1, tags: {} } })
    const { runId } = await read(line)
    expect((await samplesOf(runId)).map(({ at }) => at)).toEqual([nanoseconds])
  })

  test.each([
    ['NaN', 'isNaN(value)'],
    ['+Inf', 'value = inf'],
    ['-Infinity', 'value = -inf'],
    ['-0', 'value = 0'],
    ['1e308', 'value = 1e308'],
    ['5e-324', 'value = 5e-324'],
  ])('keeps the value %s', async (value, condition) => {
    const { runId } = await read(
      `{"metric":"m","type":"Point","data":{"time":"2026-01-01T00:00:00Z","value":${value},"tags":{"a":"\\"value\\":NaN"}}}`,
    )
    const [row] = await rows<{ n: string }>(
      `SELECT count() AS n FROM telemetry.k6_samples WHERE run_id = '${runId}' AND ${condition} AND tags['a'] = '"value":NaN'`,
    )
    expect(Number(row?.n)).toBe(1)
  })

  test('is written while k6 runs, every push interval', async () => {
    const runId = newRun()
    const input = new PassThrough()
    const running = piped(input, ['--run-id', runId, '--push-interval', '50ms'])
    input.write(text(linesOf(pointsOf({ iterations: 1 }))))
    await eventually(async () => expect((await samplesOf(runId)).length).toBeGreaterThan(0))
    input.end()
    expect(await running.ended).toBe(0)
  })

  test('is read to its end after Ctrl-C, because k6 got it too', async () => {
    const runId = newRun()
    const input = new PassThrough()
    const running = piped(input, ['--run-id', runId])
    const lines = [...linesOf(pointsOf({ iterations: 2 }))]
    input.write(`${lines[0]}\n${lines[1]}\n`)
    void running.end()
    await until(() => running.err.text().includes('Waiting for the end of k6'))
    input.end(lines.slice(2).join('\n'))
    expect(await running.ended).toBe(0)
    expect(await samplesOf(runId)).toHaveLength([...pointsOf({ iterations: 2 })].length)
  })

  test('without anything in it writes nothing, and creates no table', async () => {
    const { code, out } = await read('', ['--database', 'untouched'])
    expect(code).toBe(0)
    expect(out).toContain('read 0 samples.')
    expect(
      await server.query("SELECT count() FROM system.databases WHERE name = 'untouched'"),
    ).toBe('0\n')
  })

  test('that is lost makes the exit code 1, and says how many rows and why', async () => {
    const hangs = await rawServer((socket) => socket.destroy())
    const input = Readable.from([Buffer.from(text(linesOf(pointsOf({ iterations: 2 }))))])
    const env = { OTEL_EXPORTER_CLICKHOUSE_RETRY_MAX_RETRIES: '0' }
    const running = start(['k6', '--endpoint', hangs.url], { input, env })
    expect(await running.ended).toBe(1)
    expect(running.out.text()).toMatch(
      /^Wrote 0 rows to telemetry\.k6_samples .*\nLost \d+ rows: /m,
    )
    expect(running.err.text()).toMatch(/^spanhouse: k6 \(.*\) lost \d+ rows/m)
  })
})

describe('A file', () => {
  const stream = text(linesOf(pointsOf({ iterations: 10 })))
  const count = [...pointsOf({ iterations: 10 })].length

  test.each([
    ['as it is', (bytes: Buffer) => bytes, 'results.json', count],
    ['compressed, whatever its name', (bytes: Buffer) => gzipSync(bytes), 'results', count],
    [
      'with a byte order of lines and no last newline',
      (bytes: Buffer) => bytes.subarray(0, -1),
      'r.json',
      count,
    ],
  ])('is read %s', async (_, made, name, expected) => {
    const cwd = temporaryDirectory()
    writeFileSync(join(cwd, name), made(Buffer.from(stream)))
    const runId = newRun()
    expect(
      await run(['k6', '--endpoint', server.url, '--run-id', runId, name], { cwd }),
    ).toMatchObject({ code: 0, err: '' })
    expect(await samplesOf(runId)).toHaveLength(expected)
  })

  test('of gzip that was cut off is read as far as it goes', async () => {
    const cwd = temporaryDirectory()
    const bytes = gzipSync(Buffer.from(stream.repeat(50)))
    writeFileSync(join(cwd, 'cut.json.gz'), bytes.subarray(0, bytes.length >> 1))
    const runId = newRun()
    const { code, out } = await run(
      ['k6', 'cut.json.gz', '--endpoint', server.url, '--run-id', runId],
      { cwd },
    )
    expect(code).toBe(0)
    expect(out).toMatch(/read [\d,]+ samples/)
    expect((await samplesOf(runId)).length).toBeGreaterThan(count)
  })

  test.each([
    ['nowhere.json', /^spanhouse: nowhere\.json cannot be read \(ENOENT\)\.\n$/],
    ['.', /^spanhouse: \. cannot be read \(EISDIR\)\.\n$/],
  ])('%s that cannot be read is one sentence, with exit code 2', async (name, sentence) => {
    const { code, err } = await run(['k6', name, '--endpoint', server.url], {
      cwd: temporaryDirectory(),
    })
    expect(code).toBe(2)
    expect(err).toMatch(sentence)
  })

  test('larger than the queue is read only as fast as the server takes it: no row is lost', async () => {
    const cwd = temporaryDirectory()
    // Random, so that compression does not make the rows small.
    const many = Array.from({ length: 1500 }, (_, index) => ({
      ...{ metric: 'vus', value: index, ms: 1_764_000_000_000 + index, nanos: 0 },
      tags: { text: randomBytes(3000).toString('base64') },
    }))
    writeFileSync(join(cwd, 'large.json'), text(linesOf(many)))
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_QUEUE_MAX_BYTES: '1MiB',
      OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_BYTES: '100KiB',
    }
    const runId = newRun()
    const args = ['--endpoint', server.url, '--run-id', runId]
    const { code, err } = await run(['k6', 'large.json', ...args], { cwd, env })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const count = `SELECT count() FROM telemetry.k6_samples WHERE run_id = '${runId}'`
    expect(await server.query(count)).toBe(`${many.length}\n`)
  })
})

describe('Where rows go', () => {
  test('is a database that stands before the dot, as in every command', async () => {
    const { runId, out } = await read(stream, ['--database', 'other', '--table', 'dotted.load'])
    expect(out).toContain(' to dotted.load_samples and dotted.load_thresholds at ')
    expect((await samplesOf(runId, 'dotted.load_samples')).length).toBeGreaterThan(0)
  })

  const stream = text(linesOf(pointsOf({ iterations: 1 })))

  test('is decided by the file, then the environment, then the options', async () => {
    const cwd = temporaryDirectory()
    const file = join(cwd, 'k6.json')
    writeFileSync(
      file,
      JSON.stringify({
        collectors: {
          clickhouse: {
            url: 'http://127.0.0.1:1',
            database: 'of_file',
            table: 'of_file',
            runId: 'of_file',
          },
        },
      }),
    )
    const env = {
      K6_CLICKHOUSE_URL: server.url,
      K6_CLICKHOUSE_TABLE: 'of_env',
      K6_CLICKHOUSE_RUN_ID: 'of_env',
      K6_CLICKHOUSE_DATABASE: '',
    }
    const input = Readable.from([Buffer.from(stream)])
    const running = start(['k6', '--config', file, '--run-id', 'of_option'], { input, env, cwd })
    expect(await running.ended).toBe(0)
    expect((await samplesOf('of_option', 'of_file.of_env_samples')).length).toBeGreaterThan(0)
    expect((await thresholdsOf('of_option', 'of_file.of_env_thresholds')).length).toBeGreaterThan(0)
  })

  test('is where the exporter sends to, if nothing else is said, whatever it sends of signals', async () => {
    const input = Readable.from([Buffer.from(stream)])
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_DATABASE: 'shared',
      OTEL_EXPORTER_CLICKHOUSE_SCHEMA: 'otel',
      OTEL_EXPORTER_CLICKHOUSE_TABLE: 'spans',
      OTEL_EXPORTER_CLICKHOUSE_SIGNALS: 'traces',
      OTEL_EXPORTER_CLICKHOUSE_FILTER: '{"drop":[{"name":"*"}]}',
      OTEL_EXPORTER_CLICKHOUSE_METRICS_TABLE: 'points',
      OTEL_EXPORTER_CLICKHOUSE_TTL: '3650d',
    }
    const running = start(['k6', '--run-id', 'shared'], { input, env })
    expect(await running.ended).toBe(0)
    expect(running.err.text()).toBe('')
    expect((await samplesOf('shared', 'shared.k6_samples')).length).toBeGreaterThan(0)
    const create = await server.query('SHOW CREATE TABLE shared.k6_samples')
    expect(create).toContain('toIntervalSecond(315360000)')
    expect(create).toContain("COMMENT \\'spanhouse: k6 samples, version 1\\'")
  })

  test('is every destination of the exporter', async () => {
    const input = Readable.from([Buffer.from(stream)])
    const env = {
      OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS: 'one,two',
      OTEL_EXPORTER_CLICKHOUSE_ONE_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_ONE_DATABASE: 'one',
      OTEL_EXPORTER_CLICKHOUSE_TWO_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_TWO_DATABASE: 'two',
    }
    const running = start(['k6', '--run-id', 'both'], { input, env })
    expect(await running.ended).toBe(0)
    for (const database of ['one', 'two'])
      expect((await samplesOf('both', `${database}.k6_samples`)).length).toBeGreaterThan(0)
  })

  test('is only the server that is named here, whatever the exporter has', async () => {
    const { code, out, err } = await read(stream, [], {
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS: 'one',
      OTEL_EXPORTER_CLICKHOUSE_ONE_ENDPOINT: 'http://127.0.0.1:1',
    })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.match(/^Wrote /gm)).toHaveLength(1)
  })

  test('must be there with --manage-schema off, and the loss is told', async () => {
    const { code, err, out } = await read(
      stream,
      ['--manage-schema', 'off', '--database', 'absent'],
      { OTEL_EXPORTER_CLICKHOUSE_RETRY_MAX_RETRIES: '0' },
    )
    expect(code).toBe(1)
    expect(err).toMatch(/absent/)
    expect(out).toMatch(/^Lost \d+ rows/m)
  })
})

test.each([
  [
    ['--push-interval', 'soon'],
    {},
    /^spanhouse: --push-interval must be a length of time from 1ms to 1h, such as 500ms, 1s or 1m30s\.\n$/,
  ],
  [['--push-interval', '0s'], {}, /--push-interval must be a length of time/],
  [
    [],
    { K6_CLICKHOUSE_PUSH_INTERVAL: 'soon' },
    /^spanhouse: K6_CLICKHOUSE_PUSH_INTERVAL must be a length of time/,
  ],
  [
    [],
    { K6_CLICKHOUSE_URL: 'ftp://me:secret@host' },
    /^spanhouse: K6_CLICKHOUSE_URL must begin with http/,
  ],
  [
    [],
    { K6_CLICKHOUSE_MANAGE_SCHEMA: 'maybe' },
    /^spanhouse: K6_CLICKHOUSE_MANAGE_SCHEMA must be create, validate or off\.\n$/,
  ],
  [['--config', 'nowhere.json'], {}, /^spanhouse: nowhere\.json cannot be read \(ENOENT\)\.\n$/],
  [
    ['a.json', '--', 'k6', 'run', 'x.js'],
    {},
    /^spanhouse: Give a file, or a command after --: not both\.\n$/,
  ],
  [
    ['--', 'k6', 'version'],
    {},
    /^spanhouse: k6 must run a test: write spanhouse k6 -- k6 run script\.js\.\n$/,
  ],
  [
    ['--', 'docker', 'run', 'grafana/k6', 'run', '-'],
    {},
    /^spanhouse: k6 in a container cannot reach/,
  ],
])('%j with %j is refused in one sentence before anything starts', async (args, env, sentence) => {
  const { code, out, err } = await run(['k6', ...(args as string[])], {
    env,
    cwd: temporaryDirectory(),
  })
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toMatch(sentence)
  expect(err).not.toContain('secret')
})

test.each([
  ['{"pushInterval": "soon"}', /k6\.json: pushInterval must be a length of time/],
  ['{"pushinterval": "1s"}', /k6\.json: there is no setting pushinterval; there are url, username/],
  ['{"url": 5}', /k6\.json: url must be a URL/],
  ['{', /k6\.json must contain a JSON object/],
])('the file %s is refused, and named', async (content, sentence) => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'k6.json'), content)
  const { code, err } = await run(['k6', '--config', 'k6.json'], { cwd })
  expect(code).toBe(2)
  expect(err).toMatch(sentence)
})

test('a hung ClickHouse does not keep a mistake from being told', async () => {
  const hangs = await rawServer(() => {})
  const took = await elapsed(run(['k6', '--endpoint', hangs.url, '--push-interval', 'x']))
  expect(took).toBeLessThan(SOON_MS)
})

test('rows that ClickHouse does not take stay in the spool, for a later run or for spanhouse replay', async () => {
  const folder = temporaryDirectory()
  const spool = join(folder, 'spool')
  const env = { OTEL_EXPORTER_CLICKHOUSE_SPOOL_DIRECTORY: spool }
  writeFileSync(join(folder, 'one.json'), text(linesOf(pointsOf({ iterations: 3 }))))
  const args = ['k6', join(folder, 'one.json'), '--database', 'spooled', '--endpoint']
  const first = await run([...args, 'http://127.0.0.1:1', '--run-id', 'first'], { env })
  expect(first.code).toBe(0)
  expect(first.out).toMatch(/^Wrote 0 rows .*\n\d+ rows wait in the spool: connect ECONNREFUSED/m)
  // It creates the tables, and may already deliver what it finds in the spool.
  expect((await run([...args, server.url, '--run-id', 'second'], { env })).code).toBe(0)
  await eventually(async () =>
    expect((await run(['replay', spool, '--endpoint', server.url], { env })).code).toBe(0),
  )
  const count = [...pointsOf({ iterations: 3 })].length
  expect(
    await server.query(
      'SELECT run_id, count() FROM spooled.k6_samples GROUP BY run_id ORDER BY run_id',
    ),
  ).toBe(`first\t${count}\nsecond\t${count}\n`)
})

test('a file without any sample is no output of k6, with exit code 2', async () => {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'package.json'), '{\n  "name": "x"\n}\n')
  const { code, err } = await run(['k6', 'package.json', '--endpoint', server.url], { cwd })
  expect(code).toBe(2)
  expect(err).toBe(
    'spanhouse: package.json has no samples: is it what k6 run --out json=FILE writes?\n',
  )
})

test('spanhouse ddl --k6 prints what creates the tables, and the server lacks nothing then', async () => {
  const { code, out } = await run([
    'ddl',
    '--k6',
    '--database',
    'made',
    '--table',
    'load',
    '--ttl',
    '30d',
  ])
  expect(code).toBe(0)
  for (const statement of statementsOf(out)) await server.query(statement)
  expect(await server.query('SHOW TABLES FROM made')).toBe('load_samples\nload_thresholds\n')
  const args = [
    '--k6',
    '--database',
    'made',
    '--table',
    'load',
    '--ttl',
    '30d',
    '--diff',
    server.url,
  ]
  expect(await run(['ddl', ...args])).toMatchObject({ code: 0, out: '' })
})
