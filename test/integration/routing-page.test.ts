// Every code block of docs/routing.md, against a real server.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import type { SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { clock } from '../../packages/exporter-clickhouse/src/common/clock.js'
import type { DestinationConfig } from '../../packages/exporter-clickhouse/src/config/config.js'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { ClickHouseSpanProcessor } from '../../packages/exporter-clickhouse/src/traces/span-processor.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { diagLines } from '../kit/diag-lines.js'
import { flushed } from '../kit/patience.js'
import { statsOf } from '../kit/stats.js'
import { blocksOf } from '../packed/documents.js'

const page = blocksOf('docs/routing.md')
const blocks = {
  files: ['"filter"', '"sample"', '"redact"'].map((what) => page.take('json', what)),
  variable: page.take('sh', 'FILTER'),
  filter: page.take('js', 'filter:'),
  redact: page.take('js', 'redact:'),
  regions: page.take('js', 'origin:'),
  origins: page.take('sql', 'spanhouse.origin'),
  dispatch: page.take('js', 'dispatch('),
  usage: page.take('sql', 'CREATE TABLE'),
  slow: page.take('text', 'is slow'),
}

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

/** Runs a block whose servers are the one of this test, each with a database of its own. */
function processorOf(code: string, database = 'telemetry'): ClickHouseSpanProcessor {
  class Here extends ClickHouseSpanProcessor {
    constructor(options: Options) {
      const destinations = options.destinations?.map((one) => ({
        ...one,
        endpoint: server.url,
        database: one.name,
      }))
      super({ ...options, endpoint: server.url, database, ...(destinations && { destinations }) })
    }
  }
  const processor = new Function('ClickHouseSpanProcessor', `${code}; return processor`)(Here)
  onTestFinished(() => processor.shutdown())
  return processor
}

async function names(database: string): Promise<string[]> {
  const text = await server.query(
    `SELECT span_name FROM ${database}.traces ORDER BY span_name FORMAT TSV`,
  )
  return text.trim().split('\n')
}

const now = [Math.floor(Date.now() / 1000), 0]
const span = (name: string, changes: object = {}): SpanLike =>
  makeSpan({ name, startTime: now, endTime: now, ...changes })

test('every block of the page is taken', () => {
  expect(page.left()).toEqual([])
})

test.each(blocks.files)('the file %s is taken as it is', (text) => {
  const folder = mkdtempSync(join(tmpdir(), 'routing-'))
  writeFileSync(join(folder, 'spanhouse.json'), text)
  const { destinations, doubts } = parseConfig(
    'traces',
    {},
    {
      OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE: join(folder, 'spanhouse.json'),
    },
  )
  expect(doubts).toEqual([])
  expect(destinations[0]?.route).toBeDefined()
})

test('the variable is taken as the shell gives it', () => {
  const [, name = '', value] = /^export (\w+)='(.*)'$/m.exec(blocks.variable) ?? []
  const [destination] = parseConfig('traces', {}, { [name]: value }).destinations
  expect((destination as DestinationConfig).route?.filter).toEqual({
    drop: [{ name: 'GET /health*' }],
  })
})

test('the filter in code leaves robots out', async () => {
  const processor = processorOf(blocks.filter, 'filtered')
  processor.onEnd(span('by a robot', { attributes: { 'user.kind': 'robot' } }))
  processor.onEnd(span('by a person'))
  await flushed(processor)
  expect(await names('filtered')).toEqual(['by a person'])
})

test('the redaction in code replaces what it says', async () => {
  const processor = processorOf(blocks.redact, 'redacted')
  const attributes = { 'user.password': 'x', note: 'Acme ACC-12345678 of ann@example.com' }
  processor.onEnd(span('pay', { attributes }))
  await flushed(processor)
  const text = await server.query('SELECT attributes FROM redacted.traces FORMAT JSONEachRow')
  expect(JSON.parse(text)).toEqual({ attributes: { note: '… [redacted] of [redacted]' } })
})

test('the regions do not echo, and the query shows where rows come from', async () => {
  const processor = processorOf(blocks.regions)
  const resource = { attributes: { 'service.name': 'shop', 'spanhouse.origin': 'west' } }
  processor.onEnd(span('here'))
  processor.onEnd(span('from west', { resource }))
  await flushed(processor)
  expect(await names('west')).toEqual(['here'])
  const rows = await server.query(`${blocks.origins.trim()} ORDER BY origin FORMAT TSV`)
  expect(rows.trim().split('\n')).toEqual(['east\t1', 'west\t1'])
})

test('dispatch writes the usage of tenants', async () => {
  await server.query('CREATE DATABASE IF NOT EXISTS telemetry')
  await server.query(blocks.usage)
  const processor = processorOf(blocks.dispatch)
  processor.onEnd(span('of a tenant', { attributes: { 'tenant.id': 'acme' } }))
  processor.onEnd(span('of nobody'))
  processor.onEnd(span('noisy', { resource: { attributes: { 'service.name': 'noise' } } }))
  await flushed(processor)
  expect(await names('telemetry')).toEqual(expect.arrayContaining(['of a tenant', 'of nobody']))
  expect((await server.query('SELECT tenant FROM telemetry.tenant_usage FORMAT TSV')).trim()).toBe(
    'acme',
  )
  expect(statsOf(processor)).toMatchObject({
    delivered: 3,
    dropped: { filtered: 1 },
    hookErrors: 0,
  })
})

test('a slow function is named in the line that the page shows', async () => {
  const lines = diagLines()
  const { now } = clock
  onTestFinished(() => void Object.assign(clock, { now }))
  const filter = () => {
    const later = now() + 60
    clock.now = () => Math.max(now(), later)
    return true
  }
  const processor = new ClickHouseSpanProcessor({ endpoint: server.url, database: 'slow', filter })
  onTestFinished(() => processor.shutdown())
  processor.onEnd(span('a'))
  await flushed(processor)
  const [line = ''] = lines.filter((one) => one.includes('is slow'))
  const plain = (text: string) => text.trim().replace(/\d+ ms/g, '… ms')
  expect(plain(line.replace(new URL(server.url).host, 'clickhouse:8123'))).toContain(
    plain(blocks.slow),
  )
  expect(statsOf(processor)).toMatchObject({ delivered: 1, slowHooks: 1 })
})
