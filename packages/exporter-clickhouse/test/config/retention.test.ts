import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Signal } from '../../src/config/config.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { table } from './config-kit.js'

const P = 'OTEL_EXPORTER_CLICKHOUSE_'
const DAY = 86_400
const folder = mkdtempSync(join(tmpdir(), 'retention-'))
afterAll(() => rmSync(folder, { recursive: true }))

function creationsOf(signal: Signal, options: object, variables: Record<string, string> = {}) {
  const env = Object.fromEntries(Object.entries(variables).map(([name, one]) => [P + name, one]))
  const { destinations, doubts } = parseConfig(signal, options as never, env)
  expect(doubts).toEqual([])
  return destinations[0]?.targets.map((one: { creation: object }) => one.creation)
}

const retention = {
  services: { audit: 365 * DAY, 'debug-tools': 3 * DAY },
  where: { "severity_number < 9 AND body != 'a=b'": DAY },
  moveAfter: 7 * DAY,
  moveToVolume: 'cold',
  storagePolicy: 'tiered',
}
const expected = [{ ttl: 30 * DAY, retention }]

describe('a retention is the same', () => {
  test('in code', () => {
    expect(creationsOf('logs', { ttl: 30 * DAY, retention })).toEqual(expected)
  })

  test('in variables', () => {
    const variables = {
      TTL: '30d',
      RETENTION_SERVICES: 'audit=365d,debug-tools=3d',
      RETENTION_WHERE: `${encodeURIComponent("severity_number < 9 AND body != 'a=b'")}=1d`,
      RETENTION_MOVE_AFTER: '7d',
      RETENTION_MOVE_TO_VOLUME: 'cold',
      RETENTION_STORAGE_POLICY: 'tiered',
    }
    expect(creationsOf('logs', {}, variables)).toEqual(expected)
  })

  test('in variables for one signal', () => {
    const variables = { LOGS_TTL: '30d', LOGS_RETENTION_SERVICES: 'audit=365d' }
    const services = { audit: 365 * DAY }
    expect(creationsOf('logs', {}, variables)).toEqual([{ ttl: 30 * DAY, retention: { services } }])
    expect(creationsOf('traces', {}, variables)).toEqual([{ ttl: undefined }])
  })

  test('in a file, with units', () => {
    const file = join(folder, 'options.yaml')
    writeFileSync(
      file,
      `ttl: 30d
retention:
  services: { audit: 365d, debug-tools: 3d }
  where: { "severity_number < 9 AND body != 'a=b'": 1d }
  moveAfter: 7d
  moveToVolume: cold
  storagePolicy: tiered
`,
    )
    expect(creationsOf('logs', {}, { CONFIG_FILE: file })).toEqual(expected)
  })

  test('in a URL', () => {
    const endpoint = `http://h/?ttl=30d&retention.services.audit=365d&retention.services=${encodeURIComponent('debug-tools=3d')}&retention.where=${encodeURIComponent(`${encodeURIComponent("severity_number < 9 AND body != 'a=b'")}=1d`)}&retention.move_after=7d&retention.move_to_volume=cold&retention.storage_policy=tiered`
    const parts = endpoint.replace(/&retention\.services=[^&]*/, '')
    const { audit } = retention.services
    expect(creationsOf('logs', { endpoint: parts })).toEqual([
      { ttl: 30 * DAY, retention: { ...retention, services: { audit } } },
    ])
    const { services, ...others } = retention
    const whole = endpoint.replace(/&retention\.services\.audit=[^&]*/, '')
    expect(creationsOf('logs', { endpoint: whole })).toEqual([
      { ttl: 30 * DAY, retention: { services: { 'debug-tools': 3 * DAY }, ...others } },
    ])
  })
})

test('the groups of signals and destinations are merged entry by entry', () => {
  const options = {
    retention: { services: { a: 1, b: 1 }, storagePolicy: 'p' },
    logs: { retention: { services: { b: 2 } } },
    destinations: [{ name: 'd', endpoint: 'http://d', retention: { services: { c: 3 } } }],
  }
  expect(creationsOf('logs', options)).toEqual([
    { retention: { services: { a: 1, b: 2, c: 3 }, storagePolicy: 'p' } },
  ])
})

test('each of the five tables of metrics may have an age of its own', () => {
  const options = { schema: 'otel', ttl: 9, metrics: { ttls: { sum: 5, exponentialHistogram: 6 } } }
  expect(creationsOf('metrics', options)?.map((one) => Object(one).ttl)).toEqual([9, 5, 9, 6, 9])
  expect(
    creationsOf('metrics', { schema: 'otel' }, { METRICS_TTLS_GAUGE: '1d' })?.map(
      (one) => Object(one).ttl,
    ),
  ).toEqual([DAY, undefined, undefined, undefined, undefined])
})

test.each<[options: object, message: string]>([
  [
    { retention: { moveAfter: 5 } },
    'retention.moveAfter belongs together with moveToVolume or moveToDisk',
  ],
  [
    { retention: { moveToDisk: 'a' } },
    'retention.moveAfter belongs together with moveToVolume or moveToDisk',
  ],
  [
    { retention: { moveAfter: 5, moveToVolume: 'a', moveToDisk: 'b' } },
    'retention.moveToVolume and moveToDisk exclude each other',
  ],
  [
    { schema: table('mine'), retention: { services: { a: 5 } } },
    'retention.services: the table of traces has no column service_name or ServiceName: write the condition in retention.where',
  ],
  [
    { metrics: { ttls: { gauge: 5 } } },
    'metrics.ttls is for the schema `otel` alone: write metrics.ttl',
  ],
  [
    { retention: { services: { audit: '365d' } } },
    'retention.services.audit must be a number of seconds: write 31536000',
  ],
  [{ retention: { services: { ' ': 5 } } }, 'must not be an empty name'],
  [{ retention: { ttl: 5 } }, 'retention.ttl is not an option'],
])('%j is one clear error', (options, message) => {
  expect(() => parseConfig('traces', options as never, {})).toThrow(message)
})

test.each([
  ['RETENTION_SERVICES', 'audit=365', ': audit must have a unit, such as 365s or 30d'],
  ['RETENTION_SERVICES', 'audit', 'must be written as key=value,key2=value2'],
  ['RETENTION_MOVE_AFTER', '7d', 'belongs together with moveToVolume or moveToDisk'],
])('a mistake in the variable %s=%s stops nothing', (name, value, problem) => {
  const { doubts, destinations } = parseConfig('traces', {}, { [P + name]: value })
  expect(doubts).toHaveLength(1)
  expect(doubts[0]).toContain(P + name)
  expect(doubts[0]).toContain(problem)
  expect(destinations[0]?.targets[0].creation).toEqual({ ttl: undefined })
})
