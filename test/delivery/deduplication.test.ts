import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deduplicationOf } from '../../packages/exporter-clickhouse/src/clickhouse/deduplication.js'
import {
  openSender,
  type Sender,
} from '../../packages/exporter-clickhouse/src/clickhouse/sender.js'
import { OF_EVERY_INSERT } from '../../packages/exporter-clickhouse/src/config/insert-settings.js'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'

const PROFILES = {
  plain: {},
  insert_off: { insert_deduplicate: 0 },
  insert_disabled: { deduplicate_insert: 'disable' },
  select_disabled: { deduplicate_insert_select: 'disable' },
  limited: { limit: 1, offset: 1 },
}

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({
    users: [
      ...Object.entries(PROFILES).map(([name, settings]) => ({ name, settings })),
      { name: 'blind', grants: ['INSERT ON telemetry.*'] },
    ],
  })
  for (const statement of flatTraces.ddl({ database: 'telemetry' })) await server.query(statement)
  await server.query('CREATE DATABASE plain')
  await server.query('CREATE TABLE plain.traces (a String) ENGINE = MergeTree ORDER BY a')
})
afterAll(() => server?.stop())

/** The deduplication found by a user without some of our settings. */
async function found(username: string, leftOut: string[] = [], database = 'telemetry') {
  const [config] = parseConfig(
    'traces',
    { endpoint: server.url, username, database },
    {},
  ).destinations
  if (!config) throw new Error('no destination')
  const sender = openSender(config, () => {})
  for (const setting of leftOut) (sender.leftOut.names as Set<string>).add(setting)
  const finding = await deduplicationOf(config.targets[0], sender as Sender)
  sender.close()
  return finding?.deduplication
}

test('the settings that we send are in force, whatever the profile says', async () => {
  for (const user of Object.keys(PROFILES)) expect(await found(user), user).toBe('effective')
})

test.each([
  ['insert_off', 'insert_deduplicate'],
  ['insert_disabled', 'deduplicate_insert'],
  ['select_disabled', 'deduplicate_insert_select'],
])('%s: where %s may not be sent, the profile decides', async (user, setting) => {
  expect(await found(user, [setting])).toBe('ineffective')
  expect(await found('plain', [setting])).toBe('effective')
})

test('a setting that the server does not know has no effect', async () => {
  expect(await found('plain', ['deduplicate_insert', 'limit'])).toBe('effective')
  expect(await found('plain', ['insert_deduplication_token'])).toBe('ineffective')
})

test('a table without a window forgets tokens, and the window of a hidden table is unknown', async () => {
  expect(await found('plain', [], 'plain')).toBe('ineffective')
  expect(await found('blind', [], 'plain')).toBe('unknown')
})

test.each([
  ['ALTER TABLE plain.kept DELETE WHERE true SETTINGS mutations_sync = 2', 0],
  ['DELETE FROM plain.kept WHERE true', 0],
  ['TRUNCATE TABLE plain.kept', 1],
  ["ALTER TABLE plain.kept DROP PARTITION 'x'", 1],
])('after %s a batch that comes again under its token has %d rows', async (remove, rows) => {
  const made = 'ORDER BY a PARTITION BY a SETTINGS non_replicated_deduplication_window = 100'
  await server.query(`CREATE OR REPLACE TABLE plain.kept (a String) ENGINE = MergeTree ${made}`)
  const insert = () =>
    server.query(
      "INSERT INTO plain.kept SETTINGS insert_deduplication_token = 'once', async_insert = 0 VALUES ('x')",
    )
  const count = async () => Number(await server.query('SELECT count() FROM plain.kept'))
  await insert()
  await insert()
  expect(await count()).toBe(1)
  await server.query(remove)
  expect(await count()).toBe(0)
  await insert()
  expect(await count()).toBe(rows)
})

test.each([
  ['without a window', '', 2],
  ['with a window', 'SETTINGS non_replicated_deduplication_window = 100', 1],
])(
  'the target of a materialised view %s has a batch that comes again as often as it should',
  async (_, window, times) => {
    const made = 'ORDER BY a SETTINGS non_replicated_deduplication_window = 100'
    await server.query('DROP VIEW IF EXISTS plain.view')
    await server.query(`CREATE OR REPLACE TABLE plain.viewed (a String) ENGINE = MergeTree ${made}`)
    await server.query(
      `CREATE OR REPLACE TABLE plain.target (a String, n UInt64) ENGINE = SummingMergeTree ORDER BY a ${window}`,
    )
    await server.query(
      'CREATE MATERIALIZED VIEW plain.view TO plain.target AS SELECT a, count() AS n FROM plain.viewed GROUP BY a',
    )
    const settings = new URLSearchParams({ ...OF_EVERY_INSERT, insert_deduplication_token: 'once' })
    for (let attempt = 0; attempt < 2; attempt++) {
      const body = 'INSERT INTO plain.viewed FORMAT JSONEachRow {"a":"x"}'
      expect(await fetch(`${server.url}/?${settings}`, { method: 'POST', body })).toMatchObject({
        status: 200,
      })
    }
    expect(await server.query('SELECT count() FROM plain.viewed')).toBe('1\n')
    expect(await server.query('SELECT sum(n) FROM plain.target')).toBe(`${times}\n`)
  },
)
