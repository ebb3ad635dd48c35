import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { flatMetrics, type MetricPointLike, type MetricType } from '@spanhouse/transform'
import { otelMetricsTables } from '@spanhouse/transform/internal'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allPoints } from '../../packages/transform/test/points.js'
import { collectorDdl, GENERATIONS } from '../kit/collector-metrics.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { emptied, insert, insertCompact } from '../kit/stored-rows.js'

let server: ClickHouseServer

beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

const types = Object.keys(otelMetricsTables) as MetricType[]

describe.each(GENERATIONS)('the Collector’s tables of generation %s', (generation) => {
  test.each(types)('%s: take the same rows, whole and compact, to the last bit', async (type) => {
    const [table, points] = [otelMetricsTables[type], pointsOf(allPoints(), type)]
    const database = `${generation}_${type}`
    await server.query(`CREATE DATABASE ${database}`)
    for (const name of ['whole', 'compact'])
      await server.query(collectorDdl(generation, type, `${database}.${name}`))
    await insert(server, table, points, {}, { database, name: 'whole' })
    await insertCompact(server, table, points, { database, name: 'compact' })
    const bits = (name: string) =>
      server.query(
        `SELECT count(), sum(cityHash64(*)), groupBitXor(cityHash64(*)) FROM ${database}.${name}`,
      )
    expect(await bits('compact')).toBe(await bits('whole'))
    expect(await bits('whole')).toMatch(new RegExp(`^${points.length}\t`))

    const described = async (name: string) => {
      const text = await server.query(
        `SELECT name FROM system.columns WHERE database = '${database}' AND table = '${name}' ORDER BY position FORMAT TSVRaw`,
      )
      return text.trim().split('\n')
    }
    expect(await described('whole')).toEqual(table.insertColumns)
    // A DateTime takes the second, a DateTime64(9) the nanosecond.
    const times = await server.query(
      `SELECT max(toString(TimeUnix, 'UTC')), max(toString(StartTimeUnix, 'UTC')) FROM ${database}.whole WHERE toYear(TimeUnix) = 2024 FORMAT TSV`,
    )
    const fractions = generation === 'M1' ? ['.000000007', '.000000005'] : ['', '']
    expect(times).toBe(`2024-10-22 20:01:00${fractions[0]}\t2024-10-22 20:00:00${fractions[1]}\n`)
  })
})

test('our own tables are those of today’s Collector, column for column', async () => {
  await server.query('CREATE DATABASE today')
  for (const type of types) {
    const table = otelMetricsTables[type]
    await emptied(server, table)
    await server.query(collectorDdl('M2', type, `today.${table.name}`))
    const columns = (database: string) =>
      server.query(
        `SELECT name, type FROM system.columns WHERE database = '${database}' AND table = '${table.name}' ORDER BY position FORMAT TSV`,
      )
    expect(await columns('default')).toBe(await columns('today'))
    const keys = (database: string) =>
      server.query(
        `SELECT partition_key, sorting_key FROM system.tables WHERE database = '${database}' AND name = '${table.name}' FORMAT TSV`,
      )
    expect(await keys('default')).toBe(await keys('today'))
  }
})

test('flat: compact rows are stored as whole ones are', async () => {
  const points = allPoints()
  for (const database of ['whole', 'compact'])
    for (const statement of flatMetrics.ddl({ database })) await server.query(statement)
  await insert(server, flatMetrics, points, {}, { database: 'whole', name: 'metrics' })
  await insertCompact(server, flatMetrics, points, { database: 'compact', name: 'metrics' })
  const bits = (database: string) =>
    server.query(
      `SELECT count(), sum(cityHash64(*)), groupBitXor(cityHash64(*)) FROM ${database}.metrics`,
    )
  expect(await bits('compact')).toBe(await bits('whole'))
})

test('flat: aggregates leave out what is absent', async () => {
  await emptied(server, flatMetrics)
  const points = pointsOf(allPoints(), 'histogram').filter(
    ({ sum }) => sum === undefined || sum === 12.5,
  )
  expect(points.some(({ min }) => min === undefined)).toBe(true)
  await insert(server, flatMetrics, points)
  expect(
    await server.query(
      'SELECT min(min), max(max), sum(sum), countIf(min IS NULL) FROM telemetry.metrics FORMAT TSV',
    ),
  ).toBe('0.5\t8\t12.5\t3\n')
})

function pointsOf(points: readonly MetricPointLike[], type: MetricType): MetricPointLike[] {
  return points.filter(({ metric }) => metric.type === type)
}
