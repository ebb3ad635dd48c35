// Every code block of docs/own-tables.md, against a real ClickHouse.

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import {
  defineTable,
  extendTable,
  flatTraces,
  newTally,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Options } from '../../packages/exporter-clickhouse/src/config/options.js'
import { ClickHouseSpanExporter } from '../../packages/exporter-clickhouse/src/traces/span-exporter.js'
import { makeSpan } from '../../packages/transform/test/spans.js'
import { PATIENT_MS } from '../kit/patience.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { withoutProgress } from '../kit/without-progress.js'
import { blocksOf } from '../packed/documents.js'

const page = blocksOf('docs/own-tables.md')
const promoteByVariable = page.take('sh', 'PROMOTE')
const promoteInCode = page.take('js', "promote: ['http.route', {")
const extending = page.take('js', 'extendTable(')
const defining = page.take('ts', 'defineTable(')
const reading = page.take('ts', 'RowOf<typeof requests>>')
const mistakes = page.take('text', 'did you mean')
const json = page.take('sh', 'otel_json')
const importing = page.take('sh', 'table import')
const report = page.take('text', 'Mapped')
const inCode = page.take('ts', 'tableFromServer')

// Beside the packages, which the blocks import.
const folder = mkdtempSync(join(import.meta.dirname, '.blocks-'))
let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server?.stop()
})

test('no code block is left out here', () => {
  expect(page.left()).toEqual([])
})

const span = makeSpan({
  attributes: {
    'http.route': '/cart',
    'enduser.id': 7,
    'http.response.status_code': 500,
    'client.address': '10.0.0.1',
    slow: true,
  },
  resource: { attributes: { 'service.version': '1.2', 'host.name': 'h1' } },
})

async function exported(options: Options, variables: Record<string, string> = {}): Promise<void> {
  for (const [name, value] of Object.entries(variables)) process.env[name] = value
  const to = new ClickHouseSpanExporter({ endpoint: server.url, ...options })
  for (const name of Object.keys(variables)) delete process.env[name]
  onTestFinished(() => to.shutdown())
  to.export([span], () => {})
  await to.forceFlush({ timeoutMs: PATIENT_MS })
  expect(statsOf(to)).toMatchObject({ delivered: 1, dropped: {}, errors: 0 })
}

async function only(query: string): Promise<unknown> {
  return JSON.parse(await server.query(`${query} FORMAT JSONCompactEachRow`))
}

function variablesIn(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/(OTEL_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
  )
}

async function exportsOf(block: string, name: string): Promise<Record<string, unknown>> {
  const file = join(folder, name)
  writeFileSync(file, block)
  return import(pathToFileURL(file).href)
}

test('a column for an attribute, by a variable', async () => {
  await exported({ database: 'promoted' }, variablesIn(promoteByVariable))
  expect(
    await only("SELECT http_route, enduser_id, attributes['enduser.id'] FROM promoted.traces"),
  ).toEqual(['/cart', '7', '7'])
})

test('a column for an attribute, in code', async () => {
  const options = new Function(`return { ${promoteInCode} }`)() as Options
  await exported({ database: 'in_code', ...options })
  expect(await only('SELECT http_route, user_id, toTypeName(user_id) FROM in_code.traces')).toEqual(
    ['/cart', 7, 'UInt64'],
  )
})

test('what a column cannot hold is stored as its rule says and counted, and a missing value is not', async () => {
  const options = new Function(`return { ${promoteInCode} }`)() as Options
  const to = new ClickHouseSpanExporter({ endpoint: server.url, database: 'altered', ...options })
  onTestFinished(() => to.shutdown())
  const ids = [7, undefined, -1, 'nobody', { of: 'a list' }, 1e30]
  to.export(
    ids.map((id) => makeSpan({ attributes: { 'enduser.id': id } })),
    () => {},
  )
  await to.forceFlush({ timeoutMs: PATIENT_MS })
  expect(statsOf(to)).toMatchObject({
    delivered: 6,
    dropped: {},
    errors: 0,
    altered: { adjustedNumbers: 2, unreadableValues: 2 },
  })
  expect(await only('SELECT arraySort(groupArray(toString(user_id))) FROM altered.traces')).toEqual(
    [['0', '0', '0', '0', '18446744073709551615', '7']],
  )
})

test('the page lists everything that is counted', () => {
  const listed = [...page.text.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| /gm)].flatMap(
    ([, names = '']) => [...names.matchAll(/\w+/g)].map(([name]) => name),
  )
  // Data points that cannot be read are counted as dropped.
  const { droppedPoints: _, ...tally } = newTally()
  expect(listed).toEqual(expect.arrayContaining(Object.keys(tally)))
})

test('a table made from one of ours', async () => {
  const made = await exportsOf(extending, 'extending.mjs')
  await (made['processor'] as { shutdown(): Promise<void> }).shutdown()
  await exported({ schema: made['spans'] as Table<SpanLike> })
  expect(await only('SELECT took_ms, span_kind, http_route, version FROM telemetry.spans')).toEqual(
    [145, 'SERVER', '/cart', '1.2'],
  )
})

test('a table from nothing', async () => {
  const made = await exportsOf(defining, 'defining.ts')
  await exported({ schema: made['requests'] as Table<SpanLike> })
  expect(
    await only(
      'SELECT took, route, status, host, library, client, slow, steps.name FROM telemetry.requests',
    ),
  ).toEqual([145_000_000, '/cart', 500, 'h1', 'http', '::ffff:10.0.0.1', true, ['exception']])
})

test('rows are read as the type says, to the last digit', async () => {
  await exportsOf(defining, 'requests.ts') // which the block imports
  await server.query(
    "INSERT INTO telemetry.requests (at, took, route, client) VALUES ('2200-01-01 00:00:00', 9007199254740993, '/last', NULL)",
  )
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  onTestFinished(() => log.mockRestore())
  await exportsOf(reading.replace('http://localhost:8123', server.url), 'reading.ts')
  expect(log.mock.calls).toEqual([
    [145_000_000n, '/cart', '::ffff:10.0.0.1'],
    [9007199254740993n, '/last', null],
  ])
})

test('the errors are as they are quoted', () => {
  const route = { name: 'route', type: 'String', attribute: 'a' }
  const client = { name: 'client', type: 'Nullable(IPv6)', attribute: 'a' }
  const messages = [
    () =>
      defineTable<SpanLike>({
        name: 't',
        columns: [{ ...route, name: 'status', type: 'Uint16' }],
        orderBy: 'tuple()',
      }),
    () => defineTable<SpanLike>({ name: 't', columns: [route], orderBy: 'rout' }),
    () => defineTable<SpanLike>({ name: 't', columns: [client], orderBy: 'client' }),
    () => extendTable(flatTraces, { add: [{ ...route, name: 'version', default: 'unknown' }] }),
  ].map((define) => {
    try {
      return String(define())
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(messages).toEqual(mistakes.trim().split('\n'))
})

const spanhouse = join(import.meta.dirname, '../../packages/spanhouse/dist/cli.js')
const atServer = (text: string) => text.replace('http://localhost:8123', server.url)

describe('a table that is already there', () => {
  beforeAll(async () => {
    await server.query('CREATE DATABASE shop')
    await server.query(
      `CREATE TABLE shop.requests (span_id String, parent_span_id String, start_time DateTime64(3), duration UInt64,
        http_route LowCardinality(String), host_name String, tenant LowCardinality(String), written DateTime DEFAULT now())
        ENGINE = MergeTree ORDER BY start_time`,
    )
  })
  const stored = () =>
    only('SELECT duration, http_route, host_name, written > 0 FROM shop.requests LIMIT 1')

  test('becomes a module, and the report says what it is', async () => {
    const [, command = '', file = ''] = /^npx spanhouse (.*) > (.*)\n$/.exec(importing) ?? []
    const run = promisify(execFile)(process.execPath, [spanhouse, ...atServer(command).split(' ')])
    const { code, stdout, stderr } = await run.catch((error) => error)
    expect({ code, stderr: withoutProgress(stderr) }).toEqual({ code: 1, stderr: report })
    // Another module of this page has that name, and a module is loaded once.
    const made = await exportsOf(stdout, `imported-${file}`)
    await exported({ schema: made['requests'] as Table<SpanLike>, manageSchema: 'validate' })
    expect(await stored()).toEqual([145_000_000, '/cart', 'h1', 1])
  })

  test('or a table in code', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    onTestFinished(() => warn.mockRestore())
    const made = await exportsOf(atServer(inCode), 'in-code.mts')
    expect(warn.mock.lastCall?.[1]).toMatchObject([{ column: 'tenant' }])
    await exported({ schema: made['table'] as Table<SpanLike> })
    expect(await only('SELECT count() FROM shop.requests')).toEqual([2])
  })
})

test('the Collector’s tables with JSON columns', async () => {
  await exported({ database: 'json' }, variablesIn(json))
  expect(
    await only(
      'SELECT count() FROM json.otel_traces WHERE SpanAttributes.http.response.status_code >= 500',
    ),
  ).toEqual([1])
})
