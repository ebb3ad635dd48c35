// Every example, run as the command of CONTRIBUTING.md runs it, against a real ClickHouse.
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Row, runExample } from './run-example.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

describe.each(['tracer-provider/sdk2', 'tracer-provider/sdk3', 'node-sdk'])('%s', (name) => {
  test('the spans of one order arrive, parent and child', async () => {
    const { exitCode, stdout, stderr, rows } = await runExample(server, name)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/│ checkout +│ CLIENT +│ charge card +│/)
    const order = named('take order', rows)
    const charge = named('charge card', rows)
    expect(rows).toHaveLength(2)
    expect(order).toMatchObject({ service_name: 'checkout', span_kind: 'INTERNAL' })
    expect(charge).toMatchObject({
      service_name: 'checkout',
      span_kind: 'CLIENT',
      parent_span_id: order?.span_id,
      trace_id: order?.trace_id,
      attributes: { 'user.id': 'u-42' },
    })
  })
})

test('script: a process that ends by itself loses nothing', async () => {
  const { exitCode, stderr, rows } = await runExample(server, 'script')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(rows).toMatchObject([{ service_name: 'nightly-report', span_name: 'count orders' }])
})

test('workers: each thread and each process of a cluster sends its own span', async () => {
  const { exitCode, stderr, rows } = await runExample(server, 'workers')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(new Set(rows.map(({ service_name }) => service_name))).toEqual(new Set(['thumbnails']))
  const names = rows.map(({ span_name }) => span_name).sort()
  const resize = Array(4).fill('resize')
  expect(names).toEqual([...resize, 'start processes', 'start threads'])
  const inThreads = rows.filter(({ attributes }) => attributes['thread.id'] !== undefined)
  expect(inThreads.map(({ attributes }) => attributes['thread.id']).sort()).toEqual(['0', '1', '2'])
  const inProcesses = rows.filter((row) => !inThreads.includes(row))
  expect(new Set(inProcesses.map((row) => row.resource_attributes['process.pid'])).size).toBe(3)
})

test('a name that is no example: the names that are', async () => {
  const { exitCode, stderr } = await runExample(server, 'shop')
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(/^Usage: npm run example -- <name> \[script\]\n[\s\S]*\n {2}node-sdk\n/)
})

function named(name: string, rows: readonly Row[]): Row | undefined {
  return rows.find(({ span_name }) => span_name === name)
}
