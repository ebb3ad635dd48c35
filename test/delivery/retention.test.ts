import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import type { Retention } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { diagLines } from '../kit/diag-lines.js'
import { openCollector } from '../kit/entry-points.mjs'
import { mendedSoon } from '../kit/mended-soon.js'
import type { AnyRecord, Made } from '../kit/numbered-records.mjs'
import { eventually, flushed, LONG, until } from '../kit/patience.js'
import { records, SIGNALS, type SignalUnderTest, TRACES, titled } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { tally } from '../kit/stored-ids.js'

const DAY = 86_400

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({ volumes: ['cold'] })
})
afterAll(() => server?.stop())

let databases = 0
const newDatabase = () => `kept_${databases++}`

/** A record of a service, as old as this. */
function aged(of: SignalUnderTest, service: string, seconds: number): AnyRecord {
  const record = of.make()
  const at = [Math.floor(Date.now() / 1000) - seconds, 0] as const
  const resource = { attributes: { 'service.name': service } }
  if (of.signal === 'traces')
    return { ...(record as Made['traces']), resource, startTime: at, endTime: at }
  if (of.signal === 'logs') return { ...(record as Made['logs']), resource, hrTime: at }
  const { metric, ...others } = record as Made['metrics']
  const dataPoints = metric.dataPoints.map((one) => ({ ...one, startTime: at, endTime: at }))
  return { ...others, resource, metric: { ...metric, dataPoints } }
}

describe.each(titled(SIGNALS))('%s', (_, of) => {
  const table = of.tables[0]?.name ?? ''
  // Spans have both; the clause of the others is made by the same code.
  const deletes = test.skipIf(!LONG && of.signal === 'metrics')
  const moves = test.skipIf(!LONG && of.signal === 'logs')

  deletes(
    'rows are deleted at the age of their service or condition, and no others are',
    async () => {
      const database = newDatabase()
      const collector = openCollector(of.signal, {
        endpoint: server.url,
        database,
        ttl: 30 * DAY,
        retention: {
          services: { audit: 365 * DAY, "o'brien": 100 * 365 * DAY },
          where: { "service_name LIKE 'debug%'": 3 * DAY },
        },
      })
      const services = ['audit', "o'brien", 'debug-a', 'shop']
      for (const service of services)
        for (const days of [0, 5, 40, 400]) collector.add(aged(of, service, days * DAY))
      await flushed(collector)
      expect(statsOf(collector)).toMatchObject({
        delivered: 16,
        dropped: {},
        possibleDuplicates: 0,
      })
      const kept = `SELECT service_name, count() FROM ${database}.${table} GROUP BY service_name ORDER BY service_name FORMAT TSV`
      // Without OPTIMIZE: the server's own merges delete.
      await eventually(async () =>
        expect(await server.query(kept)).toBe("audit\t3\ndebug-a\t1\no\\'brien\t4\nshop\t2\n"),
      )
      await collector.shutdown()
    },
  )

  moves(
    'old rows move to the cold volume, those that arrive old at once, and all can be read',
    async () => {
      const database = newDatabase()
      const collector = openCollector(of.signal, {
        endpoint: server.url,
        database,
        retention: { storagePolicy: 'tiered', moveAfter: 5, moveToVolume: 'cold' },
      })
      collector.add(aged(of, 'shop', 40 * DAY))
      collector.add(aged(of, 'shop', 0))
      collector.add(aged(of, 'shop', -2 * DAY)) // the clock of another host is wrong
      await flushed(collector)
      const disks = `SELECT disk_name, sum(rows) FROM system.parts WHERE active AND database = '${database}' AND table = '${table}' GROUP BY disk_name ORDER BY disk_name FORMAT TSV`
      await eventually(async () => expect(await server.query(disks)).toBe('cold\t2\ndefault\t1\n'))
      expect(await server.query(`SELECT count() FROM ${database}.${table}`)).toBe('3\n')
      await collector.shutdown()
    },
  )
})

test('each of the five tables of metrics has its age', async () => {
  const database = newDatabase()
  const collector = openCollector('metrics', {
    endpoint: server.url,
    database,
    schema: 'otel',
    ttl: 9 * DAY,
    metrics: { ttls: { gauge: 5 * DAY } },
  })
  const [, , metrics] = SIGNALS
  for (const record of records(metrics, 6)) collector.add(record)
  await flushed(collector)
  const ages = await server.query(
    `SELECT name, extract(engine_full, 'toIntervalSecond\\\\((\\\\d+)\\\\)') FROM system.tables WHERE database = '${database}' ORDER BY name FORMAT TSV`,
  )
  expect(ages).toBe(
    `otel_metrics_gauge\t${5 * DAY}\notel_metrics_histogram\t${9 * DAY}\notel_metrics_sum\t${9 * DAY}\n`,
  )
  await collector.shutdown()
})

test('each signal has its age at each destination', async () => {
  const [near, central] = [newDatabase(), newDatabase()]
  const options = {
    ttl: 30 * DAY,
    logs: { ttl: 7 * DAY },
    destinations: [
      { name: 'near', endpoint: server.url, database: near },
      {
        ...{ name: 'central', endpoint: server.url, database: central },
        ...{ ttl: 365 * DAY, logs: { ttl: 90 * DAY } },
      },
    ],
  }
  const [traces, logs] = SIGNALS
  for (const of of [traces, logs]) {
    const collector = openCollector(of.signal, options)
    for (const record of records(of, 3)) collector.add(record)
    await flushed(collector)
    await collector.shutdown()
  }
  const ageOf = async (table: string) => {
    const create = await server.query(`SHOW CREATE TABLE ${table} FORMAT TSVRaw`)
    const [, seconds] = /^TTL .*\+ toIntervalSecond\((\d+)\)$/m.exec(create) ?? []
    return [table, Number(seconds) / DAY]
  }
  for (const [database, table, days] of [
    [near, 'traces', 30],
    [near, 'logs', 7],
    [central, 'traces', 365],
    [central, 'logs', 90],
  ])
    expect(await ageOf(`${database}.${table}`)).toEqual([`${database}.${table}`, days])
})

const UNKNOWN: [what: string, retention: Retention][] = [
  ['a storage policy', { storagePolicy: 'nowhere' }],
  ['a volume', { storagePolicy: 'tiered', moveAfter: 5, moveToVolume: 'nowhere' }],
  ['a column', { where: { 'nobody_knows_it = 1': DAY } }],
  ['SQL', { where: { '((': DAY } }],
]

test.each(UNKNOWN)(
  'the server does not know %s: one line, and the rows are there once when the table is',
  async (_, retention) => {
    mendedSoon()
    const lines = diagLines()
    const database = newDatabase()
    const collector = openCollector('traces', { endpoint: server.url, database, retention })
    for (const record of records(TRACES, 100)) collector.add(record)
    void collector.forceFlush({ timeoutMs: 1 }).catch(() => {})
    await until(() => statsOf(collector).failing && lines.length > 0)
    expect(statsOf(collector)).toMatchObject({ delivered: 0, waiting: 100, dropped: {} })
    for (const statement of TRACES.tables[0]?.ddl({ database }) ?? []) await server.query(statement)
    await flushed(collector)
    expect(await tally(server, database, 100, TRACES)).toEqual({
      rows: 100,
      lost: 0,
      duplicated: 0,
    })
    expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
    await collector.shutdown()
  },
)
