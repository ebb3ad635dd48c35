import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addIndexes } from '../../packages/exporter-clickhouse/src/clickhouse/additions.js'
import { openSender } from '../../packages/exporter-clickhouse/src/clickhouse/sender.js'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector, type RecordCollector } from '../kit/entry-points.mjs'
import { mendedSoon } from '../kit/mended-soon.js'
import { eventually, flushed, LONG, until } from '../kit/patience.js'
import { records, SIGNALS, type SignalUnderTest, titled } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { tally } from '../kit/stored-ids.js'

let server: ClickHouseServer
let lines: string[] = []
beforeAll(async () => {
  const users = [
    { name: 'writer', password: 'w', grants: ['INSERT, SELECT ON *.*'] },
    { name: 'inserter', password: 'i', grants: ['INSERT ON *.*'] },
    { name: 'owner', password: 'o', grants: ['ALL ON *.*'] },
  ]
  server = await startClickHouse({ users })
})
afterAll(() => server?.stop())
beforeEach(() => {
  lines = diagLines()
})

/** A column that is in the flat tables of all signals, and an index on one. */
const COLUMN = 'environment'
const INDEX = 'idx_attribute_key'

let databases = 0

interface World {
  readonly database: string
  readonly table: string
  readonly collector: RecordCollector
  /** Delivers a hundred records more: each is in the table once, and the account says so. */
  deliver(): Promise<void>
}

/** An exporter that has delivered a hundred records to a table of its own. */
async function running(of: SignalUnderTest): Promise<World> {
  const database = `changes_${++databases}`
  const table = of.tables[0]?.name ?? ''
  const collector = openCollector(of.signal, { endpoint: server.url, database })
  let made = 0
  const deliver = async () => {
    for (const record of records(of, 100)) collector.add(record)
    made += 100
    await flushed(collector)
    expect(statsOf(collector)).toMatchObject({
      delivered: made,
      dropped: {},
      possibleDuplicates: 0,
    })
    expect(await tally(server, database, made, of)).toEqual({ rows: made, lost: 0, duplicated: 0 })
  }
  await deliver()
  return { database, table, collector, deliver }
}

async function columnsOf({ database, table }: World): Promise<string[]> {
  const text = await server.query(
    `SELECT name FROM system.columns WHERE database = '${database}' AND table = '${table}' FORMAT TSV`,
  )
  return text.split('\n')
}

async function indexesOf({ database, table }: World): Promise<string[]> {
  const text = await server.query(
    `SELECT name FROM system.data_skipping_indices WHERE database = '${database}' AND table = '${table}' FORMAT TSV`,
  )
  return text.split('\n')
}

const saidAgain = (database: string, table: string) =>
  expect.stringContaining(
    `${database}.${table} was gone while the application ran, and has been created again.`,
  )

describe.each(titled(SIGNALS))('a table of %s changes under a running application', (_, of) => {
  // What these show does not depend on the columns of the table.
  const often = test.skipIf(!LONG && of.signal !== 'traces')

  test.skipIf(!LONG && of.signal === 'metrics')(
    'a column is dropped: it is added again, and no row is lost or doubled',
    async () => {
      const world = await running(of)
      const { database, table, collector, deliver } = world
      await server.query(`ALTER TABLE ${database}.${table} DROP COLUMN ${COLUMN}`)
      await deliver()
      expect(await columnsOf(world)).toContain(COLUMN)
      expect(lines).toEqual([expect.stringContaining(`${database}.${table} had lost columns`)])
      expect(lines[0]).toContain(`added again: ${COLUMN}.`)
      await collector.shutdown()
    },
  )

  // Log records have no lists.
  test.skipIf(of.signal === 'logs')(
    'the column of a list is dropped: it is added again',
    async () => {
      const world = await running(of)
      const { database, table, collector, deliver } = world
      const list = (await columnsOf(world)).find((name) => name.includes('.'))
      await server.query(`ALTER TABLE ${database}.${table} DROP COLUMN \`${list}\``)
      await deliver()
      expect(await columnsOf(world)).toContain(list)
      await collector.shutdown()
    },
  )

  often('columns of somebody else are added, with a default and without: rows go on', async () => {
    const { database, table, collector, deliver } = await running(of)
    await server.query(
      `ALTER TABLE ${database}.${table} ADD COLUMN region String DEFAULT 'eu', ADD COLUMN note String`,
    )
    await deliver()
    expect(lines).toEqual([])
    await collector.shutdown()
  })

  often('a column gets another type that takes the same values: rows go on', async () => {
    const { database, table, collector, deliver } = await running(of)
    await server.query(`ALTER TABLE ${database}.${table} MODIFY COLUMN ${COLUMN} String`)
    await deliver()
    await collector.shutdown()
  })

  test.skipIf(!LONG && of.signal === 'logs')(
    'a column gets a type that refuses our values: rows wait, one line names it, and they are there once when it is changed back',
    async () => {
      const { database, table, collector } = await running(of)
      await until(() => statsOf(collector).deduplication !== 'unknown')
      const retyped = (type: string) =>
        server.query(
          `ALTER TABLE ${database}.${table} DROP COLUMN ${COLUMN}, ADD COLUMN ${COLUMN} ${type}`,
        )
      await retyped('UInt64')
      for (const record of records(of, 100)) collector.add(record)
      void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
      await until(() => statsOf(collector).failing && lines.length > 0)
      expect(statsOf(collector)).toMatchObject({ delivered: 100, waiting: 100, dropped: {} })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`somebody changed the type of ${COLUMN}: change it back`)
      await retyped('LowCardinality(String)')
      await flushed(collector)
      expect(statsOf(collector)).toMatchObject({ delivered: 200, dropped: {} })
      expect(await tally(server, database, 200, of)).toEqual({ rows: 200, lost: 0, duplicated: 0 })
      expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
      await collector.shutdown()
    },
  )

  // The first batch of a process shows whether the table takes rows at all.
  often.each([
    ['create', 'UInt64', { username: 'owner', password: 'o' }],
    ['validate', 'FixedString(1)', { username: 'writer', password: 'w' }],
    ['off', 'IPv4', { username: 'inserter', password: 'i' }],
  ] as const)(
    'a process that starts with %s after a column has become a %s, which refuses our values: rows wait, one line names it, and they are there once when it is changed back',
    async (manageSchema, type, user) => {
      mendedSoon()
      const { database, table, collector } = await running(of)
      await collector.shutdown()
      const retyped = (type: string) =>
        server.query(
          `ALTER TABLE ${database}.${table} DROP COLUMN ${COLUMN}, ADD COLUMN ${COLUMN} ${type}`,
        )
      await retyped(type)
      const next = openCollector(of.signal, {
        endpoint: server.url,
        database,
        manageSchema,
        ...user,
        shutdownTimeoutMs: 1,
      })
      for (const record of records(of, 100)) next.add(record)
      void next.forceFlush({ timeoutMs: 1 }).catch(() => {})
      await until(() => statsOf(next).failing && lines.length > 0)
      expect(statsOf(next)).toMatchObject({ delivered: 0, waiting: 100, dropped: {} })
      expect(lines).toHaveLength(1)
      expect(lines[0]).toContain(`${COLUMN} is ${type} instead of LowCardinality(String).`)
      await retyped('LowCardinality(String)')
      await flushed(next)
      expect(statsOf(next)).toMatchObject({ delivered: 100, dropped: {} })
      expect(await tally(server, database, 200, of)).toEqual({ rows: 200, lost: 0, duplicated: 0 })
      await next.shutdown()
    },
  )

  test.skipIf(!LONG && of.signal === 'metrics')(
    'the table is dropped: it is made again, and no row that comes after is lost',
    async () => {
      const { database, table, collector } = await running(of)
      await server.query(`DROP TABLE ${database}.${table} SYNC`)
      for (const record of records(of, 100)) collector.add(record)
      await flushed(collector)
      expect(statsOf(collector)).toMatchObject({
        delivered: 200,
        dropped: {},
        possibleDuplicates: 0,
      })
      expect(await tally(server, database, 100, of)).toEqual({ rows: 100, lost: 0, duplicated: 0 })
      expect(lines).toEqual([saidAgain(database, table)])
      await collector.shutdown()
    },
  )

  often('a table is renamed: another is made, and each row is in one of them', async () => {
    const { database, table, collector } = await running(of)
    await server.query(`RENAME TABLE ${database}.${table} TO ${database}.old`)
    for (const record of records(of, 100)) collector.add(record)
    await flushed(collector)
    expect(statsOf(collector)).toMatchObject({ delivered: 200, dropped: {} })
    for (const name of ['old', table])
      expect(await server.query(`SELECT count() FROM ${database}.${name}`)).toBe('100\n')
    expect(lines).toEqual([saidAgain(database, table)])
    await collector.shutdown()
  })

  often(
    'a table is renamed while nothing is created: rows wait, one line says so, and they arrive when it is back',
    async () => {
      mendedSoon()
      const { database, table, collector } = await running(of)
      await collector.shutdown()
      const patient = openCollector(of.signal, {
        endpoint: server.url,
        database,
        manageSchema: 'validate',
      })
      await server.query(`RENAME TABLE ${database}.${table} TO ${database}.away`)
      for (const record of records(of, 100)) patient.add(record)
      void patient.forceFlush({ timeoutMs: 1 }).catch(() => {})
      await until(() => statsOf(patient).failing)
      await until(() => lines.length > 0)
      await server.query(`RENAME TABLE ${database}.away TO ${database}.${table}`)
      await flushed(patient)
      expect(statsOf(patient)).toMatchObject({ delivered: 100, dropped: {} })
      expect(await tally(server, database, 200, of)).toEqual({ rows: 200, lost: 0, duplicated: 0 })
      expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
      await patient.shutdown()
    },
  )

  test.skipIf(!LONG && of.signal === 'logs')(
    'a view on it breaks: the rows wait with their token, and are there once when it is mended',
    async () => {
      const { database, table, collector } = await running(of)
      await server.query(
        `CREATE TABLE ${database}.counts (service LowCardinality(String), rows UInt64) ENGINE = MergeTree ORDER BY service SETTINGS non_replicated_deduplication_window = 1000`,
      )
      await server.query(
        `CREATE MATERIALIZED VIEW ${database}.counting TO ${database}.counts AS SELECT service_name AS service, count() AS rows FROM ${database}.${table} GROUP BY service`,
      )
      await server.query(`RENAME TABLE ${database}.counts TO ${database}.gone`)
      for (const record of records(of, 100)) collector.add(record)
      void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
      await until(() => lines.length > 0)
      expect(lines[0]).toContain('takes no rows')
      await server.query(`RENAME TABLE ${database}.gone TO ${database}.counts`)
      await flushed(collector)
      expect(statsOf(collector)).toMatchObject({ delivered: 200, dropped: {} })
      expect(await tally(server, database, 200, of)).toEqual({ rows: 200, lost: 0, duplicated: 0 })
      expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
      await collector.shutdown()
    },
  )
})

describe('a column that is narrowed', () => {
  const [spans] = SIGNALS

  test('takes rows without a line, and the next start with validate says what values lose', async () => {
    const { database, table, collector, deliver } = await running(spans)
    await until(() => statsOf(collector).deduplication !== 'unknown')
    await server.query(
      `ALTER TABLE ${database}.${table} MODIFY COLUMN duration_ms Float32 CODEC(ZSTD(1))`,
    )
    await deliver()
    expect(lines).toEqual([])
    await collector.shutdown()
    const next = openCollector('traces', {
      endpoint: server.url,
      database,
      manageSchema: 'validate',
    })
    for (const record of records(spans, 10)) next.add(record)
    await flushed(next)
    await until(() => lines.length > 0)
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('duration_ms is Float32 instead of ')
    expect(lines[0]).toContain('(values are narrowed)')
    await next.shutdown()
  })
})

describe('manageSchema: create', () => {
  const [spans] = SIGNALS

  test('an index of ours that is missing is added after the first success', async () => {
    const world = await running(spans)
    const { database, table, collector } = world
    await collector.shutdown()
    await server.query(`ALTER TABLE ${database}.${table} DROP INDEX ${INDEX}`)
    const next = openCollector('traces', { endpoint: server.url, database })
    for (const record of records(spans, 10)) next.add(record)
    await flushed(next)
    await eventually(async () => expect(await indexesOf(world)).toContain(INDEX))
    await next.shutdown()
  })

  test('a table without our mark keeps the indexes that it has', async () => {
    const world = await running(spans)
    const { database, table, collector } = world
    await collector.shutdown()
    await server.query(`ALTER TABLE ${database}.${table} DROP INDEX ${INDEX}`)
    await server.query(`ALTER TABLE ${database}.${table} MODIFY COMMENT 'of another team'`)
    // Nothing shows when the work after the first success has ended, so the test does that work itself.
    const options = { endpoint: server.url, database }
    const [destination] = parseConfig('traces', options, {}).destinations
    const sender = openSender(destination as never, () => {})
    const add = () => addIndexes(destination?.targets[0] as never, sender.run)
    expect(await add()).toEqual([])
    expect(await indexesOf(world)).not.toContain(INDEX)
    await server.query(`ALTER TABLE ${database}.${table} MODIFY COMMENT 'spanhouse: flat traces'`)
    expect(await add()).toEqual([INDEX])
    sender.close()
  })

  test('the mark says what the table is, and its version', async () => {
    const { database, table, collector } = await running(spans)
    const comment = await server.query(
      `SELECT comment FROM system.tables WHERE database = '${database}' AND name = '${table}'`,
    )
    expect(comment).toMatch(/^spanhouse: flat traces, version \d+\n$/)
    await collector.shutdown()
  })

  test('a user who may not change the table: one line names the right and the statement, and the rows wait until somebody has run it', async () => {
    mendedSoon()
    const world = await running(spans)
    const { database, table, collector } = world
    await collector.shutdown()
    await server.query(`ALTER TABLE ${database}.${table} DROP COLUMN ${COLUMN}`)
    const writer = openCollector('traces', {
      endpoint: server.url,
      database,
      username: 'writer',
      password: 'w',
    })
    for (const record of records(spans, 100)) writer.add(record)
    void writer.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await until(() => lines.some((line) => line.includes('ALTER ADD COLUMN')))
    expect(statsOf(writer)).toMatchObject({ waiting: 100, dropped: {} })
    const [statement = ''] = /ALTER TABLE [^;]*/.exec(lines.join('\n')) ?? []
    await server.query(statement)
    expect(await columnsOf(world)).toContain(COLUMN)
    await flushed(writer)
    expect(await tally(server, database, 200, spans)).toEqual({ rows: 200, lost: 0, duplicated: 0 })
    expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
    await writer.shutdown()
  })

  test('several processes that find the same column missing add it once, and every row is there once', async () => {
    const { database, table, collector } = await running(spans)
    await collector.shutdown()
    await server.query(`ALTER TABLE ${database}.${table} DROP COLUMN ${COLUMN}`)
    const several = Array.from({ length: 5 }, (_, n) =>
      openCollector('traces', {
        destinations: [{ name: `d${n}`, endpoint: server.url, database }],
      }),
    )
    for (const one of several) for (const record of records(spans, 100)) one.add(record)
    await Promise.all(several.map(flushed))
    expect(await tally(server, database, 600, spans)).toEqual({ rows: 600, lost: 0, duplicated: 0 })
    for (const one of several) await one.shutdown()
    expect(lines).toEqual([])
  })

  test('a table with few of our columns is somebody else’s: it gets none, and one line says how it differs', async () => {
    await server.query('CREATE DATABASE foreign')
    await server.query(
      'CREATE TABLE foreign.traces (timestamp DateTime, trace_id String, message String) ENGINE = MergeTree ORDER BY timestamp',
    )
    const collector = openCollector('traces', {
      endpoint: server.url,
      database: 'foreign',
      shutdownTimeoutMs: 1,
    })
    for (const record of records(spans, 10)) collector.add(record)
    void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await until(() => lines.some((line) => line.includes('differs from the schema')))
    expect(
      await server.query("SELECT count() FROM system.columns WHERE database = 'foreign'"),
    ).toBe('3\n')
    await collector.shutdown()
  })
})
