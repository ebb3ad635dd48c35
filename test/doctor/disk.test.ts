import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/index.js'
import { numbered } from '../kit/numbered-records.mjs'
import { until } from '../kit/patience.js'
import { type DoctorRun, runDoctor } from '../kit/run-doctor.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  for (const statement of flatTraces.ddl({})) await server.query(statement)
})
afterAll(() => server?.stop())

function examine(options: Record<string, string>, ...args: string[]): Promise<DoctorRun> {
  const env = Object.entries({ ENDPOINT: server.url, ...options }).map(([name, value]) => [
    `OTEL_EXPORTER_CLICKHOUSE_${name}`,
    value,
  ])
  return runDoctor(['--json', '--no-test-span', ...args], {
    env: { OTEL_TRACES_EXPORTER: 'clickhouse', ...Object.fromEntries(env) },
  })
}

const isRoot = process.getuid?.() === 0

describe('the spool folder', () => {
  test('that can be made is a warning; --fix --yes makes it, for its user only', async () => {
    const folder = join(temporaryDirectory(), 'a', 'spool')
    const run = await examine({ SPOOL_DIRECTORY: folder })
    expect(run.of('spool-folder')).toMatchObject([
      {
        level: 'warning',
        commands: [{ kind: 'folder', text: `mkdir -p -m 700 ${folder}`, isSafe: true }],
      },
    ])
    expect(existsSync(folder)).toBe(false)
    const mended = await examine({ SPOOL_DIRECTORY: folder }, '--fix', '--yes')
    expect(mended.of('spool-folder')).toMatchObject([{ level: 'ok' }])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(mended.code).toBe(0)
  })

  test('below a file is a problem', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    const run = await examine({ SPOOL_DIRECTORY: join(file, 'spool') })
    expect(run.of('spool-folder')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('not a folder') },
    ])
    expect(run.of('spool-rows')).toMatchObject([{ level: 'skipped' }])
    expect(run.code).toBe(2)
  })

  test.skipIf(isRoot)('that may not be written is a problem', async () => {
    const folder = temporaryDirectory()
    chmodSync(folder, 0o500)
    expect((await examine({ SPOOL_DIRECTORY: folder })).of('spool-folder')).toMatchObject([
      { level: 'problem', text: expect.stringContaining('may not write') },
    ])
    expect(
      (await examine({ SPOOL_DIRECTORY: join(folder, 'in') })).of('spool-folder'),
    ).toMatchObject([{ level: 'problem', text: expect.stringContaining('may not make') }])
  })

  test.runIf(isRoot)('that may not be written is a problem, as another user finds', async () => {
    const folder = temporaryDirectory()
    chmodSync(folder, 0o755)
    const source = new URL('../../packages/spanhouse/src/doctor/disk/folders.ts', import.meta.url)
    const { code } = transformSync(readFileSync(source, 'utf8'), { loader: 'ts' })
    writeFileSync(join(folder, 'folders.mjs'), code)
    const script = `import('${folder}/folders.mjs').then(async ({ folderState }) => console.log(JSON.stringify([await folderState('${folder}'), await folderState('${folder}/in')])))`
    const out = execFileSync(process.execPath, ['-e', script], { uid: 65_534, cwd: '/' })
    expect(JSON.parse(out.toString())).toEqual([
      { exists: true, problem: `this user may not write ${folder} (EACCES)` },
      { exists: false, problem: `this user may not make ${folder}/in in ${folder} (EACCES)` },
    ])
  })

  test.runIf(existsSync('/proc/self'))(
    'in a place where nobody may make one is a problem',
    async () => {
      const run = await examine({ SPOOL_DIRECTORY: '/proc/self/spool' })
      expect(run.code).toBeGreaterThan(0)
      expect(run.of('spool-folder')[0]?.level).not.toBe('ok')
    },
  )

  test('on a disk with less room than spool.maxBytes is a warning', async () => {
    const run = await examine({
      SPOOL_DIRECTORY: temporaryDirectory(),
      SPOOL_MAX_BYTES: '900000GiB',
    })
    expect(run.of('spool-folder')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('less than `spool.maxBytes`') },
    ])
  })
})

/** Leaves rows in a spool, as a process that was killed does. */
async function spoolWithRows(folder: string, rows: number): Promise<string> {
  const refusing = await scriptedServer({ status: 503 })
  const exporter = new ClickHouseSpanExporter({
    endpoint: refusing.url,
    spool: { directory: folder },
    batch: { maxDelayMs: 0 },
    shutdownTimeoutMs: 200,
  })
  const spans = Array.from({ length: rows }, (_, n) => numbered.traces('0badcafe', n))
  await new Promise<void>((resolve) => exporter.export(spans, () => resolve()))
  await exporter.shutdown()
  const [owner = ''] = readdirSync(folder).filter((name) => name.startsWith('o-'))
  return join(folder, owner)
}

describe('what is in the spool', () => {
  test('is counted; rows of a process that has ended are an orphan', async () => {
    const folder = temporaryDirectory()
    await spoolWithRows(folder, 7)
    const found = (await examine({ SPOOL_DIRECTORY: folder })).of('spool-rows')
    expect(found).toMatchObject([
      {
        level: 'warning',
        text: expect.stringContaining('1 directory of processes that have ended'),
      },
      { level: 'ok', text: expect.stringMatching(/^7 rows \(.*\) wait$/) },
    ])
  })

  test('of a living process is no orphan', async () => {
    const folder = temporaryDirectory()
    writeFileSync(join(await spoolWithRows(folder, 2), 'owner.lease'), '')
    expect((await examine({ SPOOL_DIRECTORY: folder })).of('spool-rows')).toMatchObject([
      { level: 'ok' },
    ])
  })

  test('for a destination that is not configured is a warning', async () => {
    const folder = temporaryDirectory()
    const other = join(folder, `o-${randomUUID()}`, 'archive')
    mkdirSync(other, { recursive: true })
    writeFileSync(join(other, '1700000000000000-12-4000.batch'), 'x')
    writeFileSync(join(other, '..', 'owner.lease'), '')
    expect((await examine({ SPOOL_DIRECTORY: folder })).of('spool-rows')).toMatchObject([
      {
        level: 'warning',
        text: '12 rows for the destination "archive", which is not configured here',
      },
    ])
  })

  test('of a newer version is a warning, and damaged records are one', async () => {
    const folder = temporaryDirectory()
    const own = join(folder, `o-${randomUUID()}`, 'primary')
    mkdirSync(own, { recursive: true })
    mkdirSync(join(folder, 'corrupt'))
    writeFileSync(join(folder, 'corrupt', 'x.batch'), '')
    const record = Buffer.alloc(64)
    record.write('SPANSPL\x02', 'latin1')
    writeFileSync(join(own, '1700000000000000-1-64.batch'), record)
    const lease = join(own, '..', 'owner.lease')
    writeFileSync(lease, '')
    utimesSync(lease, new Date(), new Date())
    const texts = (await examine({ SPOOL_DIRECTORY: folder }))
      .of('spool-rows')
      .map(({ text }) => text)
    expect(texts).toEqual([
      '1 batch written by a newer version of the exporter',
      expect.stringContaining('1 damaged record set aside'),
      expect.stringContaining('1 row (64 bytes) wait'),
    ])
  })

  test('is nearly as much as it may hold', async () => {
    const folder = temporaryDirectory()
    const owner = await spoolWithRows(folder, 50)
    writeFileSync(join(owner, 'owner.lease'), '')
    const run = await examine({ SPOOL_DIRECTORY: folder, SPOOL_MAX_BYTES: '1KiB' })
    expect(run.of('spool-rows')).toMatchObject([
      { level: 'warning', text: expect.stringContaining('nearly') },
    ])
  })
})

describe('dead letters', () => {
  test('in files are counted, with the newest reason', async () => {
    const directory = temporaryDirectory()
    const refusing = await scriptedServer({
      status: 500,
      code: 27,
      body: 'Code: 27. DB::Exception: Cannot parse input',
    })
    const exporter = new ClickHouseSpanExporter({
      endpoint: refusing.url,
      deadLetter: { directory },
      batch: { maxDelayMs: 0 },
    })
    exporter.export([numbered.traces('0badcafe', 1), numbered.traces('0badcafe', 2)], () => {})
    refusing.follow({
      each: ({ isInsert }) =>
        isInsert
          ? { status: 500, code: 27, body: 'Code: 27. DB::Exception: Cannot parse input' }
          : 'ok',
    })
    await until(() => existsSync(join(directory, 'primary.ndjson')))
    await exporter.forceFlush()
    await exporter.shutdown()
    const run = await examine({ DEAD_LETTER_DIRECTORY: directory })
    expect(run.of('dead-letters')).toMatchObject([
      {
        level: 'warning',
        text: expect.stringMatching(
          /^2 rows in .*primary\.ndjson; the newest: ClickHouse error 27/,
        ),
      },
    ])
  })

  test('that are none, or cannot be kept, are told apart', async () => {
    expect(
      (await examine({ DEAD_LETTER_DIRECTORY: temporaryDirectory() })).of('dead-letters'),
    ).toMatchObject([{ level: 'ok', text: 'none' }])
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    expect(
      (await examine({ DEAD_LETTER_DIRECTORY: join(file, 'x') })).of('dead-letters'),
    ).toMatchObject([{ level: 'problem' }])
  })

  test('are found in every file of the destination: of each signal, refused again by a replay, or of one that was interrupted', async () => {
    const directory = temporaryDirectory()
    const names = [
      'primary.ndjson',
      'primary.logs.ndjson',
      'primary.refused-0a1b2c3d.ndjson',
      'primary.metrics.refused-0a1b2c3d.ndjson',
      'primary.logs.ndjson.replay-0a1b2c3d',
    ]
    const others = [
      'primary2.ndjson',
      'primary.ndjson.lock',
      'primary.refused-0a1b2c3d.ndjson.draft',
    ]
    for (const name of [...names, ...others])
      writeFileSync(join(directory, name), '{"message":"why","time":"then"}\n')
    const { code, of } = await examine({ DEAD_LETTER_DIRECTORY: directory })
    expect(code).toBe(1)
    expect(of('dead-letters').map(({ text }) => text)).toEqual(
      names.sort().map((name) => `1 row in ${join(directory, name)}; the newest: why (then)`),
    )
    for (let i = 0; i < 8; i++)
      writeFileSync(join(directory, `primary.refused-0000000${i}.ndjson`), '{}\n')
    const many = (await examine({ DEAD_LETTER_DIRECTORY: directory })).of('dead-letters')
    expect(many).toHaveLength(11)
    expect(many.at(-1)?.text).toBe(`3 more files in ${directory}`)
  })

  test('that a replay of a spool left in its folder are found, too', async () => {
    const spool = temporaryDirectory()
    mkdirSync(join(spool, 'refused'))
    writeFileSync(join(spool, 'refused', 'primary.ndjson'), '{"message":"why","time":"then"}\n')
    const run = await examine({ SPOOL_DIRECTORY: spool })
    expect(run.of('dead-letters')).toMatchObject([
      { level: 'ok' },
      { level: 'warning', text: expect.stringMatching(/^1 row in .*refused\/primary\.ndjson/) },
    ])
  })

  test('in a file whose last line was cut are counted all the same', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'primary.ndjson'), '{"message":"a"}\n{"mess')
    expect((await examine({ DEAD_LETTER_DIRECTORY: directory })).of('dead-letters')).toMatchObject([
      { level: 'warning' },
    ])
  })

  test('in a table are counted, with the newest reason', async () => {
    expect((await examine({ DEAD_LETTER_TABLE: 'dead' })).of('dead-letters')).toMatchObject([
      { level: 'ok' },
    ])
    await server.query(
      'CREATE TABLE telemetry.dead (event UUID, dlq_name LowCardinality(String), source_nanos Int64, source_logical Int64, data_after String, data_before String) ENGINE = MergeTree ORDER BY source_nanos',
    )
    await server.query(
      `INSERT INTO telemetry.dead (source_nanos, data_before) VALUES (1700000000000000000, '{"message":"old"}'), (1800000000000000000, '{"message":"Code: 27. DB::Exception: the newest"}')`,
    )
    expect((await examine({ DEAD_LETTER_TABLE: 'dead' })).of('dead-letters')).toMatchObject([
      {
        level: 'warning',
        text: '2 rows in telemetry.dead; the newest: Code: 27. DB::Exception: the newest (2027-01-15T08:00:00.000Z)',
      },
    ])
    // Neither is a refused row: what a replay notes, and what lost a conflict.
    await server.query(
      `INSERT INTO telemetry.dead (dlq_name, source_nanos, data_before) VALUES ('spanhouse.replay', 1900000000000000000, '{}'), ('traces', 1900000000000000000, '{"reason":"conflict"}')`,
    )
    const [found] = (await examine({ DEAD_LETTER_TABLE: 'dead' })).of('dead-letters')
    expect(found?.text).toBe(
      '2 rows in telemetry.dead; the newest: Code: 27. DB::Exception: the newest (2027-01-15T08:00:00.000Z). 1 row in telemetry.dead lost a conflict (spanhouse compare --repair)',
    )
    await server.query("DELETE FROM telemetry.dead WHERE data_before LIKE '%message%'")
    expect((await examine({ DEAD_LETTER_TABLE: 'dead' })).of('dead-letters')).toMatchObject([
      { level: 'ok', text: expect.stringContaining('1 row in telemetry.dead lost a conflict') },
    ])
  })
})
