import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
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
