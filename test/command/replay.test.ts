import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatLogs, flatTraces, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createDeadLetters } from '../../packages/exporter-clickhouse/src/delivery/dead-letter-table.js'
import { lockId } from '../../packages/spanhouse/src/replay/table-lock.js'
import { openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'
import { LONG, until } from '../kit/patience.js'
import { rewritingProxy } from '../kit/rewriting-proxy.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { withoutProgress } from '../kit/without-progress.js'
import { run } from './command-kit.js'
import { project, spanhouse } from './processes.js'

let server: ClickHouseServer
beforeAll(async () => {
  const grants = ['SELECT, INSERT, ALTER DELETE ON d*.*']
  const limited = [1, 2].map((queries) => ({
    name: `runs-${queries}`,
    settings: { max_concurrent_queries_for_user: queries },
  }))
  server = await startClickHouse({ users: [{ name: 'sender', password: 'p', grants }, ...limited] })
})
afterAll(() => server?.stop())

let databases = 0
let database = ''
beforeEach(async () => {
  database = `d${databases++}`
  await server.query(`CREATE DATABASE ${database}`)
  for (const table of [flatTraces, flatLogs] as Table<never>[])
    for (const statement of table.ddl({ database })) await server.query(statement)
})

const port = () => Number(new URL(server.url).port)
const rowsIn = async (table: string) =>
  Number(await server.query(`SELECT count() FROM ${database}.${table}`))
const replay = (what: string, ...args: string[]) =>
  run(['replay', what, '--endpoint', server.url, ...args])

type Signal = 'traces' | 'logs'

/** Exports rows with the given numbers, and ends. */
async function exported(signal: Signal, numbers: readonly number[], options: object) {
  const exporter = openExporter(signal, { endpoint: server.url, database, ...options } as never)
  const rows = numbers.map((number) => numbered[signal]('run', number, { resource: 0 }))
  await new Promise((resolve) => exporter.export(rows as never, resolve as never))
  if (!('spool' in options)) await exporter.forceFlush()
  await exporter.shutdown()
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('dead letters', () => {
  /** Rows whose number is odd are refused until the constraint is dropped. */
  const refuse = (table: string) =>
    server.query(
      `ALTER TABLE ${database}.${table} ADD CONSTRAINT odd CHECK sipHash64(${table === 'logs' ? 'body' : 'span_id'}) % 2 = 0`,
    )
  const allow = (table: string) =>
    server.query(`ALTER TABLE ${database}.${table} DROP CONSTRAINT odd`)

  test.each(LONG ? (['traces', 'logs'] as const) : (['traces'] as const))(
    'of %s in a folder go in once they are accepted, and the files are gone',
    async (signal) => {
      const directory = temporaryDirectory()
      await refuse(signal)
      await exported(signal, upTo(40), { deadLetter: { directory } })
      const before = await rowsIn(signal)
      expect(before).toBeGreaterThan(0)
      expect(before).toBeLessThan(40)
      const early = await replay(directory)
      expect(early.code).toBe(1)
      expect(early.out).toContain(`${40 - before} rows were refused again and are kept`)
      expect(readdirSync(directory).join()).toMatch(
        /^primary(\.logs)?\.refused-[0-9a-f]{8}\.ndjson$/,
      )
      await allow(signal)
      const { code, out } = await replay(directory)
      expect(out).toBe(`Sent ${40 - before} rows to ${server.url}.\n`)
      expect(code).toBe(0)
      expect(await rowsIn(signal)).toBe(40)
      expect(readdirSync(directory)).toEqual([])
      const again = await replay(directory)
      expect(again).toMatchObject({
        code: 0,
        out: expect.stringContaining('There are no dead letters'),
      })
    },
  )

  test('in a table go in, are deleted there, and stay there if they are refused again', async () => {
    await refuse('traces')
    await exported('traces', upTo(40), { deadLetter: { table: 'dead letters' } })
    const letters = await rowsIn('`dead letters`')
    expect(letters).toBeGreaterThan(0)
    const early = await replay(`${database}.dead letters`)
    expect(early.out).toContain(`${letters} rows were refused again`)
    expect(early.code).toBe(1)
    expect(await rowsIn('`dead letters`')).toBe(letters)
    await allow('traces')
    const { code, out } = await replay(`${database}.dead letters`)
    expect(out).toBe(`Sent ${letters} rows to ${server.url}.\n`)
    expect(code).toBe(0)
    expect([await rowsIn('traces'), await rowsIn('`dead letters`')]).toEqual([40, 0])
  })

  test('that lost a conflict stay where they are', async () => {
    await server.query(
      `CREATE TABLE ${database}.dead_letters (event UUID, dlq_name LowCardinality(String), source_nanos Int64, source_logical Int64, data_after String, data_before String) ENGINE = MergeTree ORDER BY (dlq_name, source_nanos)`,
    )
    await server.query(
      `INSERT INTO ${database}.dead_letters VALUES (generateUUIDv4(), 'traces', 1, 0, '{"trace_id":"a"}', '{"reason":"conflict"}')`,
    )
    const { code, out } = await replay(`${database}.dead_letters`)
    expect(out).toContain('1 row stays: newer ones')
    expect(code).toBe(0)
    expect([await rowsIn('traces'), await rowsIn('dead_letters')]).toEqual([0, 1])
  })

  const letter = (number: number, body = `line ${number}`) =>
    JSON.stringify({
      database,
      table: 'logs',
      row: JSON.stringify({ timestamp: '1700000000.000000001', body, service_name: 'shop' }),
    })
  const bodies = () => server.query(`SELECT count(), uniqExact(body) FROM ${database}.logs`)

  test('equal rows are as many rows, and lines that cannot be read are kept', async () => {
    const directory = temporaryDirectory()
    const lines = ['{"table":', letter(1), letter(1), 'null', letter(2), '{"table":"x","row":"{"}']
    writeFileSync(join(directory, 'primary.logs.ndjson'), `${lines.join('\n')}\n${letter(3)}`)
    for (const other of ['a', 'b'])
      writeFileSync(join(directory, `${other}.logs.ndjson`), `${letter(4)}\n`)
    const { code, out } = await replay(directory)
    expect(out).toContain('Sent 6 rows')
    expect(out).toContain('3 rows could not be read and are kept.')
    expect(code).toBe(1)
    expect(await bodies()).toBe('6\t4\n')
    const [kept = ''] = readdirSync(directory)
    expect(readFileSync(join(directory, kept), 'utf8').trim().split('\n')).toEqual([
      lines[0],
      lines[3],
      lines[5],
    ])
  })

  test('rows for a table that is missing are kept, and go to another one with --table', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'primary.logs.ndjson'), `${letter(1)}\n`)
    await server.query(`RENAME TABLE ${database}.logs TO ${database}.away`)
    const { code, out } = await replay(directory)
    expect(code).toBe(1)
    expect(out).toMatch(/1 row was refused again and is kept: .*UNKNOWN_TABLE/)
    expect(await replay(directory, '--table', `${database}.away`)).toMatchObject({ code: 0 })
    expect(await rowsIn('away')).toBe(1)
  })

  test('what no row is to blame for stops the replay, and the next one begins there', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'primary.logs.ndjson')
    writeFileSync(file, `${letter(1)}\n`)
    await server.query(
      `ALTER TABLE ${database}.logs RENAME COLUMN event_name TO event, RENAME COLUMN severity_text TO body2`,
    )
    writeFileSync(file, `${letter(1)}\n${letter(2).replace('service_name', 'severity_text')}\n`)
    const { code, err } = await replay(file)
    expect(code).toBe(2)
    expect(err).toMatch(/Sending rows to d\d+\.logs at .* failed: .*severity_text/)
    expect(await rowsIn('logs')).toBe(1)
    await server.query(`ALTER TABLE ${database}.logs RENAME COLUMN body2 TO severity_text`)
    expect(await replay(file)).toMatchObject({
      code: 0,
      out: expect.stringContaining('Sent 1 row '),
    })
    expect(await rowsIn('logs')).toBe(2)
  })

  async function tableOfLetters(numbers: readonly number[]) {
    await server.query(
      createDeadLetters({ database, table: 'dead_letters' }, { database, table: 'logs' }),
    )
    const rows = numbers.map((i) => {
      const { table, row } = JSON.parse(letter(i))
      return JSON.stringify({ dlq_name: table, source_nanos: i >> 1, data_after: row })
    })
    await server.query(
      `INSERT INTO ${database}.dead_letters (event, dlq_name, source_nanos, data_after, data_before) SELECT generateUUIDv4(), dlq_name, source_nanos, data_after, '{}' FROM input('dlq_name String, source_nanos Int64, data_after String') FORMAT JSONEachRow ${rows.join('\n')}`,
    )
  }

  const USERS: [string, string[]][] = [
    ['as a user who may not see which queries run', ['--user', 'sender']],
    ['as a user with all rights', []], // as all other replays here
  ]
  test.each(LONG ? USERS : USERS.slice(0, 1))(
    'several replays of one table at once store each row once, %s',
    async (_, user) => {
      await tableOfLetters(upTo(2300))
      const env = { OTEL_EXPORTER_CLICKHOUSE_PASSWORD: user.length > 0 ? 'p' : '' }
      const line = ['replay', `${database}.dead_letters`, '--endpoint', server.url, ...user]
      const ended = await Promise.all(upTo(3).map(() => run(line, { env })))
      for (const { code, err } of ended) {
        if (code !== 0) expect(err).toContain('Another spanhouse replay works on')
        else expect(code).toBe(0)
      }
      expect(ended.map(({ code }) => code)).toContain(0)
      expect(await bodies()).toBe('2300\t2300\n')
      expect(await rowsIn('dead_letters')).toBe(0)
    },
  )

  test('a replay whose lock is ended by somebody takes it again', async () => {
    await tableOfLetters(upTo(1500))
    const id = lockId({ database, table: 'dead_letters' })
    const kill = () => server.query(`KILL QUERY WHERE query_id = '${id}' SYNC`)
    let killed = 0
    const proxy = await rewritingProxy(port(), {
      answer: ({ path }) => {
        if (path.includes('insert_deduplication_token') && killed++ < 2) void kill()
      },
    })
    const what = `${database}.dead_letters`
    const { code, err } = await run(['replay', what, '--endpoint', proxy.url])
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' })
    expect(killed).toBeGreaterThan(1)
    expect(await bodies()).toBe('1500\t1500\n')
  })

  test('a replay whose lock is ended before it has seen that it runs takes it again', async () => {
    await tableOfLetters(upTo(700))
    const id = lockId({ database, table: 'dead_letters' })
    let killed = 0
    const proxy = await rewritingProxy(port(), {
      request: async ({ body }) => {
        if (killed > 1 || !String(body).includes('system.processes')) return
        await until(async () =>
          (await server.query('SELECT query_id FROM system.processes')).includes(id),
        )
        await server.query(`KILL QUERY WHERE query_id = '${id}' SYNC`)
        killed++
      },
    })
    const what = `${database}.dead_letters`
    const { code, err } = await run(['replay', what, '--endpoint', proxy.url])
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' })
    expect(killed).toBe(2)
    expect(await bodies()).toBe('700\t700\n')
  })

  test('a user who may run one query at a time is told that the replay of a table needs two', async () => {
    await tableOfLetters([1, 2])
    const { code, out, err } = await replay(`${database}.dead_letters`, '--user', 'runs-1')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err.trim().split('\n').at(-1)).toBe(
      `spanhouse: The replay of a table runs two queries at a time, of which one is its lock, and ClickHouse at ${server.url} runs no second one of the user 'runs-1' now: raise its max_concurrent_queries_for_user to 2 or more, use another user (--user), or try again when its other queries have ended.`,
    )
    expect([await rowsIn('logs'), await rowsIn('dead_letters')]).toEqual([0, 2])
  })

  test('a user who may run two queries at a time replays a table, and one with a single query a file', async () => {
    await tableOfLetters(upTo(600))
    const what = `${database}.dead_letters`
    const { code, err } = await replay(what, '--user', 'runs-2')
    expect({ code, err: withoutProgress(err) }).toEqual({ code: 0, err: '' })
    expect([await rowsIn('logs'), await rowsIn('dead_letters')]).toEqual([600, 0])
    const file = join(temporaryDirectory(), 'primary.logs.ndjson')
    writeFileSync(file, `${letter(1)}\n`)
    expect(await replay(file, '--user', 'runs-1')).toMatchObject({ code: 0 })
    expect(await rowsIn('logs')).toBe(601)
  })

  test('a table that another replay works on is left to it', async () => {
    await tableOfLetters([1])
    const id = lockId({ database, table: 'dead_letters' })
    const query = 'SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1'
    const parameters = new URLSearchParams({ query_id: id, query })
    const other = fetch(`${server.url}/?${parameters}`).then((response) => response.text())
    await until(async () =>
      (await server.query('SELECT query_id FROM system.processes')).includes(id),
    )
    // It waits ten seconds for the other one. They are over when it has been refused the lock once.
    const { now } = performance
    onTestFinished(() => {
      performance.now = now
    })
    const proxy = await rewritingProxy(port(), {
      answer: ({ path }) => {
        if (path.includes(`query_id=${id}`)) performance.now = () => now.call(performance) + 10_000
      },
    })
    const what = `${database}.dead_letters`
    const { code, err } = await run(['replay', what, '--endpoint', proxy.url])
    expect(code).toBe(2)
    expect(err).toContain(`Another spanhouse replay works on ${database}.dead_letters at`)
    expect([await rowsIn('logs'), await rowsIn('dead_letters')]).toEqual([0, 1])
    await server.query(`KILL QUERY WHERE query_id = '${id}' SYNC`)
    await other
  })

  test.each(['file', 'table'])(
    'a replay of a %s that is killed at any INSERT is finished by the next one, and no row is there twice',
    async (kind) => {
      const directory = temporaryDirectory()
      const file = join(directory, 'primary.logs.ndjson')
      const all = upTo(2300)
      if (kind === 'file') writeFileSync(file, `${all.map((i) => letter(i)).join('\n')}\n`)
      else await tableOfLetters(all)
      const what = kind === 'file' ? directory : `${database}.dead_letters`
      const cwd = project()
      const kills = [[1, 'before'] as const, [2, 'after'] as const]
      const more = [[2, 'before'] as const, [1, 'after'] as const]
      for (const [nth, when] of LONG ? [...kills, ...more] : kills) {
        let seen = 0
        const killed = { now: () => {} }
        const isRows = ({ path }: { path: string }) => path.includes('insert_deduplication_token')
        const proxy = await rewritingProxy(port(), {
          instead: (message) => {
            if (!isRows(message) || ++seen !== nth || when === 'after') return undefined
            killed.now()
            return { status: 503, body: Buffer.from('') }
          },
          answer: (message) => {
            if (isRows(message) && seen === nth && when === 'after') killed.now()
          },
        })
        const running = spanhouse(['replay', what, '--endpoint', proxy.url], { cwd })
        killed.now = () => void running.child.kill('SIGKILL')
        // On stderr there is progress, if the machine is slow.
        expect([await running.ended, running.out]).toEqual([[null, 'SIGKILL'], ''])
      }
      const { code, out, err } = await replay(what)
      expect({ code, err, out }).toMatchObject({ code: 0 })
      expect(await bodies()).toBe('2300\t2300\n')
      if (kind === 'file') expect(readdirSync(directory)).toEqual([])
      else expect(await rowsIn('dead_letters')).toBe(0)
    },
  )

  test('a file that another replay works on is left to it', async () => {
    const directory = temporaryDirectory()
    const file = join(directory, 'primary.logs.ndjson')
    writeFileSync(file, `${letter(1)}\n`)
    writeFileSync(`${file}.lock`, `elsewhere 1`)
    const { code, err } = await replay(directory)
    expect(code).toBe(2)
    expect(err).toContain('Another spanhouse replay (process 1 on elsewhere) works on')
    expect(existsSync(file)).toBe(true)
  })

  test('mistakes get one sentence', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'x.txt'))
    writeFileSync(join(directory, 'y.txt'), '')
    for (const [what, sentence] of [
      ['./nowhere', 'There is no file or folder ./nowhere. '],
      [join(directory, 'y.txt'), 'is no file of dead letters'],
      [`${database}.nope`, 'ClickHouse says'],
      [`${database}.traces`, `${database}.traces at ${server.url} is no table of dead letters.`],
    ] as const) {
      const { code, err } = await replay(what)
      expect({ what, code }).toEqual({ what, code: 2 })
      expect(err).toContain(sentence)
    }
  })
})

describe('a spool', () => {
  const dead = 'http://127.0.0.1:1'

  test.each(['traces', 'logs'] as const)(
    'whose processes have ended is sent to another server, and is empty then: %s',
    async (signal) => {
      const directory = temporaryDirectory()
      const options = { endpoint: dead, spool: { directory }, shutdownTimeoutMs: 100 }
      await exported(signal, upTo(30), options)
      await exported(signal, [30, 31], options)
      const { code, out } = await replay(directory)
      expect(out).toContain(`sent 32 rows to ${server.url}`)
      expect(code).toBe(0)
      expect(await rowsIn(signal)).toBe(32)
      expect((await replay(directory)).out).toContain('No rows wait in')
    },
  )

  test('of a process that was killed a moment ago is left to it until its lease ends, and the other rows are sent', async () => {
    const directory = temporaryDirectory()
    const options = { endpoint: dead, spool: { directory }, shutdownTimeoutMs: 100 }
    const folders = () => readdirSync(directory).filter((name) => /^(o|new)-/.test(name))
    await exported('traces', [0, 1], options)
    await exported('traces', [2, 3], options)
    const [killed = ''] = folders()
    const lease = join(directory, killed, 'owner.lease')
    writeFileSync(lease, '')
    const early = await replay(directory)
    expect(early.out).toContain('2 rows are left in')
    expect(early.out).toContain('sent 2 rows')
    expect(early.code).toBe(1)
    expect(await rowsIn('traces')).toBe(2)
    const past = new Date(Date.now() - 60_000)
    utimesSync(lease, past, past)
    const { code, out } = await replay(directory)
    expect(out).not.toContain('left in')
    expect(code).toBe(0)
    expect(await rowsIn('traces')).toBe(4)
  })

  const folders = (directory: string) =>
    readdirSync(directory).filter((name) => /^(o|new)-/.test(name))

  /** Takes rights on a folder away until the test ends. Root has them all, so the process is somebody else for so long. */
  function asOrdinaryUser(folder: string, mode: number) {
    const isRoot = process.geteuid?.() === 0
    chmodSync(folder, mode)
    if (isRoot) process.seteuid?.(65_534)
    onTestFinished(() => {
      if (isRoot) process.seteuid?.(0)
      chmodSync(folder, 0o700)
    })
  }

  test('in a folder that may not be written says how many rows stay, and ends with 1', async () => {
    const directory = temporaryDirectory()
    const options = { endpoint: dead, spool: { directory }, shutdownTimeoutMs: 100 }
    await exported('traces', [0, 1], options)
    for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
      chmodSync(join(directory, name), 0o755)
    asOrdinaryUser(directory, 0o555)
    // It waits for a minute in which nothing happens.
    const { now } = performance
    onTestFinished(() => {
      performance.now = now
    })
    performance.now = () => now.call(performance) * 100
    const { code, out } = await replay(directory)
    expect(out).toContain(
      '2 rows stay in the spool: another process has taken them over, this user',
    )
    expect(code).toBe(1)
  })

  test('with rows that a newer version wrote sends the others, says how many stay, and ends with 1', async () => {
    const directory = temporaryDirectory()
    const options = { endpoint: dead, spool: { directory }, shutdownTimeoutMs: 100 }
    await exported('traces', [0, 1], options)
    await exported('traces', [2, 3, 4], options)
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    const path = join(directory, names.find((name) => /-2-\d+\.batch$/.test(name)) ?? '')
    const bytes = readFileSync(path)
    bytes.writeUInt8(9, 7) // the version of the format
    bytes.writeUInt8((bytes[8] ?? 0) ^ 1, 8) // and its layout: another version alone is damage
    writeFileSync(path, bytes)
    const { code, out } = await replay(directory)
    expect(out).toContain('sent 3 rows to')
    expect(out).toContain('2 rows stay in the spool: a newer version wrote them')
    expect(out).not.toContain('could not be read')
    expect(code).toBe(1)
    expect(await rowsIn('traces')).toBe(3)
  })

  test('with a folder that may not be read names it, sends the other rows, and ends with 2', async () => {
    const directory = temporaryDirectory()
    const options = { endpoint: dead, spool: { directory }, shutdownTimeoutMs: 100 }
    await exported('traces', [0, 1], options)
    const [of = ''] = folders(directory)
    chmodSync(directory, 0o777)
    asOrdinaryUser(join(directory, of), 0)
    const { code, out, err } = await replay(directory)
    expect(out).not.toContain('No rows wait')
    expect(err).toContain(`${of} cannot be read (EACCES): if it holds rows, they stay.`)
    expect(code).toBe(2)
    await exported('traces', [2], options)
    const other = await replay(directory)
    expect(other.out).toContain('sent 1 row to')
    expect(other.code).toBe(2)
    expect(await rowsIn('traces')).toBe(1)
  })

  test('of a living process is left to it', async () => {
    const directory = temporaryDirectory()
    const exporter = openExporter('traces', {
      endpoint: dead,
      database,
      spool: { directory },
    } as never)
    await new Promise((resolve) =>
      exporter.export([numbered.traces('run', 1, { resource: 0 })] as never, resolve as never),
    )
    await until(() =>
      readdirSync(directory, { recursive: true }).some((name) => String(name).endsWith('.batch')),
    )
    const { code, out } = await replay(directory)
    expect(out).toBe(
      `1 row is left in ${directory}: the owner gave a sign of life within the last 15 s. A process that runs sends its rows itself; if it has ended, repeat this command in 15 s.\n`,
    )
    expect(code).toBe(1)
    await exporter.shutdown()
  })

  test('rows that are refused even now are kept as dead letters', async () => {
    const directory = temporaryDirectory()
    await exported('traces', upTo(10), {
      endpoint: dead,
      spool: { directory },
      shutdownTimeoutMs: 100,
    })
    await server.query(
      `ALTER TABLE ${database}.traces ADD CONSTRAINT c CHECK sipHash64(span_id) % 2 = 0`,
    )
    const { code, out } = await replay(directory)
    expect(out).toMatch(/\d rows? (were|was) refused and (are|is) kept in .*refused/)
    expect(code).toBe(1)
    await server.query(`ALTER TABLE ${database}.traces DROP CONSTRAINT c`)
    expect((await replay(join(directory, 'refused'))).code).toBe(0)
    expect(await rowsIn('traces')).toBe(10)
  })

  test('with rows of two destinations asks which of them are meant', async () => {
    const directory = temporaryDirectory()
    const spooled = (name: string) => ({ name, endpoint: dead, spool: { directory }, database })
    const exporter = openExporter('traces', {
      destinations: [spooled('east'), spooled('west')],
      shutdownTimeoutMs: 100,
    } as never)
    await new Promise((resolve) =>
      exporter.export([numbered.traces('run', 1, { resource: 0 })] as never, resolve as never),
    )
    await exporter.shutdown()
    const { code, err } = await replay(directory)
    expect(code).toBe(2)
    expect(err).toContain('say with --destination which of them go there')
    expect((await run(['replay', directory])).err).toContain('is not configured here')
    expect((await replay(directory, '--destination', 'west')).out).toContain('west: sent 1 row')
    expect(await rowsIn('traces')).toBe(1)
  })
})
