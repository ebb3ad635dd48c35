import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { CERT, KEY } from '../../../../test/kit/raw-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { explainConfig } from '../../src/config/explain.js'
import { table } from './config-kit.js'

const P = 'OTEL_EXPORTER_CLICKHOUSE_'
const secret = 'canary-5ecret'

function explained(options: object, env: Record<string, string> = {}) {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  const result = explainConfig(options, env)
  const printed = log.mock.calls.flat().join('\n')
  const of = (option: string, destination?: string) => {
    const found = result.settings.find(
      (one) => one.option === option && one.destination === destination,
    )
    return found && [found.value, found.source]
  }
  return { ...result, printed, of }
}

test('each setting has its value and where it comes from', () => {
  const file = join(temporaryDirectory(), 'c.json')
  writeFileSync(file, '{ "batch": { "maxRows": 7 },\n  "ttl": "1d" }')
  const { of, warnings, problems } = explained(
    { table: 't', destinations: [{ name: 'b', endpoint: `http://u:${secret}@b/?schema=otel` }] },
    { [`${P}CONFIG_FILE`]: file, [`${P}ENDPOINT`]: 'http://a', [`${P}TIMEOUT`]: '2s' },
  )
  expect(of('endpoint', 'primary')).toEqual(['http://a/', `${P}ENDPOINT`])
  expect(of('timeoutMs', 'primary')).toEqual(['2000', `${P}TIMEOUT`])
  expect(of('batch.maxRows', 'b')).toEqual(['7', `${file}:1:14`])
  expect(of('ttl', 'b')).toEqual(['86400', `${file}:2:3`])
  expect(of('traces.table', 'b')).toEqual(['t', 'code'])
  expect(of('endpoint', 'b')).toEqual(['http://b/', 'code'])
  expect(of('username', 'b')).toEqual(['u', 'code (in the URL)'])
  expect(of('schema', 'b')).toEqual(['otel', 'code (in the URL)'])
  expect(of('database', 'b')).toEqual(['default', 'default'])
  expect(of('database', 'primary')).toEqual(['telemetry', 'default'])
  expect(of('acknowledge')).toEqual(['delivered', 'default'])
  expect(of('limits.rowBytes')).toEqual(['8388608', 'default'])
  expect(of('spool', 'b')).toEqual(['none', 'default'])
  expect(of('tls.rejectUnauthorized', 'b')).toEqual(['true', 'default'])
  expect([warnings, problems]).toEqual([[], []])
})

test('the same is printed, under the name of each destination', () => {
  const { printed } = explained({}, { [`${P}TIMEOUT`]: '2s', [`${P}COLOUR`]: 'red' })
  expect(printed).toContain('destination primary\n')
  expect(printed).toMatch(new RegExp(`^ {2}timeoutMs +2000 +${P}TIMEOUT$`, 'm'))
  expect(printed).toMatch(/^ {2}endpoint +http:\/\/localhost:8123\/ +default$/m)
  expect(printed).toMatch(/^all destinations$/m)
  expect(printed).toMatch(new RegExp(`^warning: ${P}COLOUR is not known`, 'm'))
})

test('secrets are masked, wherever they come from', () => {
  const { printed, settings } = explained(
    {
      password: secret,
      headers: { authorization: secret },
      tls: { key: KEY, cert: CERT },
      destinations: [{ name: 'b', endpoint: `http://u:${secret}@b/?password=${secret}2` }],
    },
    { [`${P}ENDPOINT`]: `http://u:${secret}@a` },
  )
  expect(printed + JSON.stringify(settings)).not.toContain(secret)
  expect(printed).not.toContain('PRIVATE KEY')
  expect(printed).toMatch(/headers\.authorization +\*{8} +code/)
})

test('mistakes are told, not thrown', () => {
  const { printed, problems } = explained({ timeoutMs: 0, colour: 'red' })
  expect(problems).toHaveLength(2)
  expect(printed).toMatch(/^problem: timeoutMs must be/m)
  expect(explained(null as never).problems).toHaveLength(1)
})

test('a value cannot change what the terminal shows', () => {
  const { printed } = explained({ table: 'a\u001b[2Jb\u202e', schema: table('own\u001b[2J') })
  expect(printed).not.toContain('\u001b')
  expect(printed).not.toContain('\u202e')
})

describe('what the signals see differently is told for each of them', () => {
  test('tables always; other options only where they differ', () => {
    const { of, settings } = explained({ logs: { ttl: 5 }, batch: { maxRows: 3 } })
    const table = (signal: string) => of(`${signal}.table`, 'primary')
    expect(['traces', 'logs', 'metrics'].map(table)).toEqual([
      ['traces', 'default'],
      ['logs', 'default'],
      ['metrics', 'default'],
    ])
    expect(of('traces.ttl', 'primary')).toEqual(['none', 'default'])
    expect(of('logs.ttl', 'primary')).toEqual(['5', 'code'])
    expect(of('batch.maxRows', 'primary')).toEqual(['3', 'code'])
    expect(of('signals', 'primary')).toEqual(['traces, logs, metrics', 'default'])
    expect(of('metrics.temporality')).toEqual(['cumulative', 'default'])
    const names = settings.map(({ option }) => option)
    expect(names.filter((name) => /^(traces|logs|metrics)\./.test(name))).toHaveLength(7)
  })

  test('the five tables of metrics, and the databases of different schemas', () => {
    const { of } = explained(
      {},
      { [`${P}METRICS_SCHEMA`]: 'otel', [`${P}METRICS_TABLES_SUM`]: 's' },
    )
    expect(of('metrics.table', 'primary')).toBeUndefined()
    expect(of('metrics.tables.sum', 'primary')).toEqual(['s', `${P}METRICS_TABLES_SUM`])
    expect(of('metrics.tables.exponentialHistogram', 'primary')).toEqual([
      'otel_metrics_exponential_histogram',
      'default',
    ])
    expect(of('metrics.database', 'primary')).toEqual(['default', 'default'])
    expect(of('logs.database', 'primary')).toEqual(['telemetry', 'default'])
  })

  test('a signal that a destination does not take is not mentioned', () => {
    const { of, printed } = explained({ signals: ['logs'], metrics: { temporality: 'delta' } })
    expect(of('signals', 'primary')).toEqual(['logs', 'code'])
    expect(of('logs.table', 'primary')).toEqual(['logs', 'default'])
    expect(printed).not.toMatch(/traces\.|metrics\.table/)
    expect(of('metrics.temporality')).toEqual(['delta', 'code'])
  })
})
