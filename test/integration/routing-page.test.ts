// Every code block of docs/routing.md, against a real server.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { clock } from '../../packages/exporter-clickhouse/src/common/clock.js'
import type { DestinationConfig } from '../../packages/exporter-clickhouse/src/config/config.js'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import { parseConfig } from '../../packages/exporter-clickhouse/src/config/parse-config.js'
import { isChosen } from '../../packages/exporter-clickhouse/src/routing/sampling.js'
import { ClickHouseSpanProcessor } from '../../packages/exporter-clickhouse/src/traces/span-processor.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { diagLines } from '../kit/diag-lines.js'
import { flushed } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
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
  server = await sharedClickHouse()
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

/** Runs a file of the page, with the server of this test, and gives the rows of these spans. */
async function rowsBy(what: string, database: string, spans: readonly SpanLike[]) {
  const text = blocks.files.find((one) => one.includes(what)) ?? ''
  const file = join(mkdtempSync(join(tmpdir(), 'routing-')), 'spanhouse.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(text), endpoint: server.url, database }))
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_CONFIG_FILE', file)
  onTestFinished(() => void vi.unstubAllEnvs())
  const processor = new ClickHouseSpanProcessor()
  onTestFinished(() => processor.shutdown())
  for (const one of spans) processor.onEnd(one)
  await flushed(processor)
  const given = await server.query(
    `SELECT span_name AS name, attributes FROM ${database}.traces ORDER BY span_name FORMAT JSONEachRow`,
  )
  const rows = given.trim().split('\n').map((line) => JSON.parse(line)) // biome-ignore format: one line
  return {
    rows: rows as { name: string; attributes: Record<string, string> }[],
    stats: statsOf(processor),
  }
}

/** The first span of a trace of its own that one rate keeps, and a lower one does not. */
function rootOf(name: string, keptAt: number, notAt: number, changes: object = {}): SpanLike {
  let traceId = ''
  do traceId = randomBytes(16).toString('hex')
  while (!isChosen(traceId, keptAt) || isChosen(traceId, notAt))
  const context = { traceId, spanId: 'aaaaaaaaaaaaaaaa' }
  const plain = { parentSpanContext: undefined, status: { code: 0 }, attributes: {} }
  return span(name, { ...plain, spanContext: () => context, ...changes })
}

test('the file with "filter" leaves out what it says', async () => {
  const scope = { instrumentationScope: { name: '@opentelemetry/instrumentation-fs' } }
  const { rows, stats } = await rowsBy('"filter"', 'by_filter', [
    span('GET /healthz'),
    span('short read', scope),
    span('long read', { ...scope, endTime: [now[0], 6_000_000] }),
    span('GET /cart'),
  ])
  expect(rows.map(({ name }) => name)).toEqual(['GET /cart', 'long read'])
  expect(stats).toMatchObject({ delivered: 2, dropped: { filtered: 2 } })
})

test('the file with "sample" keeps the rates that it says, errors and slow spans', async () => {
  const of = (service: string) => ({ resource: { attributes: { 'service.name': service } } })
  const health = { attributes: { 'http.route': '/healthz' } }
  const { rows, stats } = await rowsBy('"sample"', 'by_sample', [
    rootOf('a tenth', 0.1, 0),
    rootOf('more than a tenth', 0.5, 0.1),
    rootOf('half of checkout', 0.5, 0.1, of('checkout')),
    rootOf('more than half of checkout', 1, 0.5, of('checkout')),
    rootOf('health', 0.1, 0, health),
    rootOf('health that fails', 1, 0.5, { ...health, status: { code: 2 } }),
    rootOf('slow', 1, 0.5, { endTime: [(now[0] as number) + 2, 0] }),
    rootOf('not slow', 1, 0.5, { endTime: [(now[0] as number) + 1, 0] }),
  ])
  expect(rows.map(({ name }) => name)).toEqual(['a tenth', 'half of checkout', 'health that fails', 'slow']) // biome-ignore format: one line
  expect(stats).toMatchObject({ delivered: 4, waiting: 0, dropped: { filtered: 4 } })
})

test('the file with "redact" takes out, hashes and replaces what it says', async () => {
  const attributes = {
    'db.password': 'x',
    'http.request.header.authorization': 'Bearer x',
    'enduser.id': '7',
    'user.name': 'ann',
    note: 'ann@example.com paid with 4111 1111 1111 1111',
  }
  const { rows } = await rowsBy('"redact"', 'by_redact', [span('pay', { attributes })])
  const hash = expect.stringMatching(/^[0-9a-f]{64}$/)
  expect(rows).toEqual([
    {
      name: 'pay',
      attributes: {
        'enduser.id': hash,
        'user.name': hash,
        note: '[redacted] paid with [redacted]',
      },
    },
  ])
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
