import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deduplicationOf } from '../../packages/exporter-clickhouse/src/clickhouse/deduplication.js'
import {
  openSender,
  type Sender,
} from '../../packages/exporter-clickhouse/src/clickhouse/sender.js'
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
