import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Signal } from '../../src/config/config.js'
import { parseConfig } from '../../src/config/parse-config.js'

const page = readFileSync(new URL('../../../../docs/retention.md', import.meta.url), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  )
const folder = mkdtempSync(join(tmpdir(), 'retention-page-'))
afterAll(() => rmSync(folder, { recursive: true }))

const DAY = 86_400

function creations(signal: Signal, env: Record<string, string>) {
  const { destinations, doubts } = parseConfig(signal, {}, env)
  expect(doubts).toEqual([])
  return Object.fromEntries(destinations.map((one) => [one.name, one.targets[0].creation]))
}

test('the variables of the page set the ages that it says', () => {
  const [text = ''] = blocks('sh')
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(\S+)/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  expect(creations('traces', env)).toEqual({
    primary: { ttl: 30 * DAY },
    central: { ttl: 365 * DAY },
  })
  expect(creations('logs', env)['primary']).toEqual({ ttl: 7 * DAY })
  expect(creations('metrics', env)['primary']).toEqual({ ttl: 90 * DAY })
})

test('the files of the page are taken', () => {
  const [first, second] = blocks('yaml').map((text, index) => {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    return { OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE: file }
  })
  const services = { audit: 365 * DAY, 'load-test': DAY }
  expect(creations('traces', first ?? {})).toEqual({
    primary: { ttl: 30 * DAY, retention: { services } },
  })
  expect(creations('logs', first ?? {})).toEqual({
    primary: { ttl: 30 * DAY, retention: { services, where: { 'severity_number < 9': 3 * DAY } } },
  })
  expect(creations('traces', second ?? {})).toEqual({
    primary: {
      ttl: 90 * DAY,
      retention: { storagePolicy: 'tiered', moveAfter: 7 * DAY, moveToVolume: 'cold' },
    },
  })
})

test('the variable of the page for a condition means what its file means', () => {
  const [, value = ''] = /`LOGS_RETENTION_WHERE=(\S+)`/.exec(page) ?? []
  const { primary } = creations('logs', { OTEL_EXPORTER_CLICKHOUSE_LOGS_RETENTION_WHERE: value })
  expect(primary).toEqual({ retention: { where: { 'severity_number < 9': 3 * DAY } } })
})
