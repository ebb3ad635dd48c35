import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../../test/kit/free-port.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const BUILT = new URL('../../dist/esm/index.js', import.meta.url).href
const OF = "resource: { attributes: {} }, instrumentationScope: { name: 'test' }, attributes: {}"

/** The lines that everybody sees of a script that makes two spans, three log records and four data points. */
async function warningsOf(options: object, script: string): Promise<string[]> {
  const code = `import * as spanhouse from '${BUILT}'
    const options = ${JSON.stringify(options)}
    const traces = new spanhouse.ClickHouseSpanProcessor(options)
    const logs = new spanhouse.ClickHouseLogRecordProcessor(options)
    const metrics = new spanhouse.ClickHouseMetricExporter(options)
    for (let n = 0; n < 2; n++) traces.onEnd({
      name: 'last', kind: 0, spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }),
      startTime: [1, 0], endTime: [2, 0], status: { code: 0 }, events: [], links: [], ${OF},
    })
    for (let n = 0; n < 3; n++) logs.onEmit({ hrTime: [1, n], body: 'a line', ${OF} })
    const point = { startTime: [1, 0], endTime: [2, 0], attributes: {}, value: 1 }
    const descriptor = { name: 'm', description: '', unit: '1', type: 'GAUGE', valueType: 1 }
    const gauge = { descriptor, aggregationTemporality: 1, dataPointType: 2, dataPoints: [point, point, point, point] }
    metrics.export({ resource: { attributes: {} }, scopeMetrics: [{ scope: { name: 'test' }, metrics: [gauge] }] }, () => {})
    ${script}`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = (await text(child.stderr)).split('\n')
  return lines.filter((line) => line.includes('SpanhouseWarning'))
}

describe('of three signals to one server there is one line about', () => {
  test('rows that are lost at the end, because nobody answers', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const [line, ...others] = await warningsOf({ endpoint, flushTimeoutMs: 300 }, '')
    expect(others).toEqual([])
    expect(line).toMatch(
      /primary \(127\.0\.0\.1:\d+\) has taken no rows: connect ECONNREFUSED.* 9 rows were not delivered/,
    )
  })

  test('rows that are lost by shutdowns', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const end = 'await Promise.all([traces, logs, metrics].map((one) => one.shutdown()))'
    const warnings = await warningsOf({ endpoint, shutdownTimeoutMs: 200 }, end)
    expect(warnings).toEqual([expect.stringContaining('9 rows were not delivered and are lost')])
  })

  test('rows that are lost by process.exit()', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const warnings = await warningsOf({ endpoint }, 'setTimeout(() => process.exit(), 50)')
    expect(warnings).toEqual([
      expect.stringMatching(/primary \(127\.0\.0\.1:\d+\): 9 rows were not delivered, because/),
    ])
  })

  test('nothing if all are delivered', async () => {
    const server = await scriptedServer()
    expect(await warningsOf({ endpoint: server.url }, '')).toEqual([])
    expect(server.inserts.reduce((rows, insert) => rows + insert.rows.length, 0)).toBe(9)
  })
})

test('a signal whose table alone is refused has a line of its own', async () => {
  const server = await scriptedServer({
    each: ({ query }) =>
      query.get('query')?.includes('`logs`')
        ? { status: 403, code: 497, body: 'Code: 497. DB::Exception: no rights (ACCESS_DENIED)' }
        : 'ok',
  })
  const warnings = await warningsOf({ endpoint: server.url, flushTimeoutMs: 300 }, '')
  expect(warnings).toEqual([
    expect.stringMatching(
      /primary \(127\.0\.0\.1:\d+, logs\) has taken no rows: .*497.* 3 rows were/,
    ),
  ])
})
