import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { until } from '../kit/patience.js'
import { insert, run, start } from './command-kit.js'
import { HOSTILE, SHOP_TRACE } from './shop-trace.js'

let server: ClickHouseServer
/** The spans are of 2023. */
const SINCE = ['--since', '10000d']

beforeAll(async () => {
  server = await startClickHouse()
  for (const statement of flatTraces.ddl()) await server.query(statement)
  await insert(server, [
    ...SHOP_TRACE,
    { id: 'h', at: [0, 1], name: HOSTILE, service: HOSTILE, error: HOSTILE },
    { id: 'long', at: [0, 2001], name: '漢'.repeat(10_000), service: 'x'.repeat(10_000) },
  ])
})
afterAll(() => server?.stop())

const top = (args: string[], surroundings: Parameters<typeof run>[1] = {}) =>
  run(['top', '--endpoint', server.url, ...args], surroundings)

describe.each([80, 140])('at %d columns', (width) => {
  test('the table is as in the golden file, and no line is wider', async () => {
    const { code, out } = await top([...SINCE, '--sort', 'total'], { width })
    expect(code).toBe(0)
    await expect(out).toMatchFileSnapshot(`golden/top-${width}.txt`)
    for (const line of out.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(width)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff]/)
  })
})

test('--json has the numbers', async () => {
  const { out } = await top([...SINCE, '--json', '--service', 'orders'])
  const { operations, from_us, to_us } = JSON.parse(out)
  expect(to_us - from_us).toBe(10_000 * 86_400e6)
  expect(operations[0]).toMatchObject({
    service: 'orders',
    name: 'SELECT users',
    kind: 'client',
    count: 48,
    errors: 0,
    error_rate: 0,
    max_ns: 6_250_000,
    total_ns: 300_000_000,
  })
  expect(operations).toHaveLength(2)
})

test('--sort errors begins with what fails', async () => {
  const { out } = await top([...SINCE, '--json', '--sort', 'errors', '--service', 'storefront'])
  expect(JSON.parse(out).operations[0]).toMatchObject({
    name: 'POST /charge',
    errors: 1,
    error_rate: 1,
  })
})

test('without spans it says so', async () => {
  const { code, out } = await top([])
  expect(code).toBe(0)
  expect(out).toMatch(/^No spans in telemetry\.traces, the last 15 min/)
})

test('draws anew on a terminal until Ctrl-C, and fits its height', async () => {
  const live = start(['top', '--endpoint', server.url, ...SINCE], {
    isTerminal: true,
    height: 8,
    width: 100,
  })
  await until(() => live.out.text().split('\x1b[?7h').length > 2)
  expect(await live.end()).toBe(0)
  const [first = '', second = ''] = live.out.text().split('\x1b[?7h')
  expect(first.match(/\n/g)).toHaveLength(6)
  expect(second).toContain('\x1b[6A')
})

test('--once prints once on a terminal', async () => {
  const { code, out } = await top([...SINCE, '--once'], { isTerminal: true, height: 8 })
  expect(code).toBe(0)
  expect(out).not.toContain('\x1b')
  expect(out.split('\n').length).toBeGreaterThan(8)
})

test.each([
  [['--since', 'yesterday'], '--since must be'],
  [['--sort', 'name'], '--sort must be one of'],
])('%j is refused', async (args, message) => {
  const { code, err } = await run(['top', ...args])
  expect(code).toBe(2)
  expect(err).toContain(message)
})
