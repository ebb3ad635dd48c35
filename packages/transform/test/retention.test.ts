import { describe, expect, test } from 'vitest'
import { defineTable, flatTraces, otelTraces, type Retention } from '../src/index.js'
import { ttlExpression } from '../src/internal.js'

const DAY = 86_400
const shape = { columns: [{ name: 'service_name' }], ttl: 'time' }
const ttlOf = (retention: Retention, ttl?: number) => ttlExpression(shape, { ttl, retention })

describe('the TTL', () => {
  test.each<[title: string, Retention, ttl: number | undefined, expected: string | undefined]>([
    ['nothing is asked for', {}, undefined, undefined],
    ['one age for all', {}, DAY, 'time + toIntervalSecond(86400)'],
    [
      'a service has another age',
      { services: { audit: 5 } },
      DAY,
      "time + toIntervalSecond(multiIf(service_name = 'audit', 5, 86400))",
    ],
    [
      'services decide before conditions, and these in their order',
      { where: { 'a = 1': 2, b: 3 }, services: { "o'b": 1 } },
      4,
      "time + toIntervalSecond(multiIf(service_name = 'o\\'b', 1, a = 1, 2, b, 3, 4))",
    ],
    [
      'other rows are kept for ever',
      { services: { debug: 5 } },
      undefined,
      "time + toIntervalSecond(multiIf(service_name = 'debug', 5, 4291747200 - toUnixTimestamp(time)))",
    ],
    ['all are kept for ever', { services: { audit: 80 * 365 * DAY } }, undefined, undefined],
    [
      'old rows move, and are kept',
      { moveAfter: 7, moveToVolume: 'cold' },
      undefined,
      "time + toIntervalSecond(7) TO VOLUME 'cold'",
    ],
    [
      'old rows move to a disk, and are deleted later',
      { moveAfter: 7, moveToDisk: "b'" },
      9,
      "time + toIntervalSecond(9), time + toIntervalSecond(7) TO DISK 'b\\''",
    ],
  ])('%s', (_, retention, ttl, expected) => {
    expect(ttlOf(retention, ttl)).toBe(expected)
  })

  test('an age of 60 years and more is none: its sum would not fit into a DateTime', () => {
    expect(ttlExpression(shape, { ttl: 60 * 365 * DAY })).toBeUndefined()
    expect(ttlExpression(shape, { ttl: 60 * 365 * DAY - 1 })).toBeDefined()
  })

  test('a table without a time has none', () => {
    const options = { retention: { moveAfter: 7, moveToVolume: 'cold' } }
    expect(ttlExpression({ columns: [] }, options)).toBeUndefined()
  })
})

test.each<[Retention, RegExp]>([
  [{ services: { a: 0 } }, /retention\.services of a must be a positive whole number of seconds/],
  [{ where: { 'a = 1': 1.5 } }, /retention\.where of a = 1 must be a positive whole number/],
  [{ where: { ' ': 5 } }, /a condition of retention\.where is empty/],
  [{ moveAfter: 5 }, /goes with one of retention\.moveToVolume and retention\.moveToDisk/],
  [{ moveToVolume: 'cold' }, /retention\.moveAfter goes with/],
  [{ moveAfter: 5, moveToVolume: 'a', moveToDisk: 'b' }, /goes with one of/],
  [{ moveAfter: -1, moveToVolume: 'a' }, /retention\.moveAfter must be a positive whole number/],
])('%j is refused', (retention, message) => {
  expect(() => flatTraces.ddl({ retention })).toThrow(message)
})

test('services need a column with their name', () => {
  const table = defineTable({
    name: 't',
    columns: [{ name: 'time', type: 'DateTime', field: 'timestamp' }],
    orderBy: 'tuple()',
    ttl: 'time',
  })
  expect(() => table.ddl({ retention: { services: { a: 5 } } })).toThrow(
    'retention.services needs a column service_name or ServiceName: use retention.where',
  )
})

describe('the settings', () => {
  const settingsOf = (retention: Retention, ttl?: number) =>
    /SETTINGS (.*)/.exec(flatTraces.ddl({ retention, ttl })[1] ?? '')?.[1]

  test('parts are dropped whole only if all of their rows have one age', () => {
    expect(settingsOf({}, DAY)).toContain('ttl_only_drop_parts = 1')
    expect(settingsOf({ services: { audit: DAY } }, DAY)).toContain('ttl_only_drop_parts = 1')
    expect(settingsOf({ services: { audit: 5 } }, DAY)).toContain('ttl_only_drop_parts = 0')
    expect(settingsOf({ where: { x: 5 } })).toContain('ttl_only_drop_parts = 0')
  })

  test('the storage policy is that of the options, and none by default', () => {
    expect(settingsOf({ storagePolicy: 'tiered' })).toContain("storage_policy = 'tiered'")
    expect(settingsOf({})).not.toContain('storage_policy')
  })
})

test('the companion of the Collector’s table keeps what belongs to the rows that are kept longest', () => {
  const ttlOfCompanion = (retention: Retention, ttl?: number) =>
    /TTL .*/.exec(otelTraces.ddl({ retention, ttl })[2] ?? '')?.[0]
  const longest = ttlOfCompanion({ services: { audit: 9 * DAY }, where: { x: 2 } }, DAY)
  expect(longest).toMatch(/ \+ toIntervalSecond\(777600\)$/)
  expect(ttlOfCompanion({ services: { audit: 9 * DAY } })).toBeUndefined()
  expect(ttlOfCompanion({ services: { audit: 99 * 365 * DAY } }, DAY)).toBeUndefined()
  expect(ttlOfCompanion({ moveAfter: 5, moveToVolume: 'cold' }, DAY)).toMatch(/Second\(86400\)$/)
})
