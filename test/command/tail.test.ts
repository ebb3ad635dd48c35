import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { freePort } from '../kit/free-port.js'
import { until } from '../kit/patience.js'
import { BASE_MS, insert, type Running, start, type TestSpan } from './command-kit.js'
import { HOSTILE, SHOP_TRACE } from './shop-trace.js'

let server: ClickHouseServer
let dataDir: string
const running: Running[] = []

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'spanhouse-tail-'))
  server = await startClickHouse({ dataDir, httpPort: await freePort() })
  for (const statement of flatTraces.ddl()) await server.query(statement)
})
afterAll(async () => {
  await server?.stop()
  rmSync(dataDir, { recursive: true, force: true })
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end()))
})

function tail(args: string[] = [], surroundings: Parameters<typeof start>[1] = {}): Running {
  const one = start(['tail', '--endpoint', server.url, ...args], surroundings)
  running.push(one)
  return one
}

async function empty() {
  await server.query('TRUNCATE TABLE telemetry.traces')
}

/** Ends so many milliseconds from now. */
let made = 0
const justNow = (more: Partial<TestSpan> = {}, endMs = 0): TestSpan => {
  const end = Date.now() + endMs - BASE_MS
  return { id: `n${made++}`, at: [end - 5, end], name: 'fresh', ...more }
}

const shows = (one: Running, text: string) => until(() => one.out.text().includes(text))

describe.each([80, 140])('at %d columns', (width) => {
  test('the lines are as in the golden file, and none is wider', async () => {
    await empty()
    await insert(server, [
      ...SHOP_TRACE,
      { id: 'h', at: [420, 421], name: HOSTILE, service: HOSTILE, error: HOSTILE },
      { id: 'long', at: [430, 2431], name: '漢'.repeat(10_000), service: 'x'.repeat(10_000) },
    ])
    const one = tail(['--lines', '16'], { width })
    await until(() => one.out.lines().length >= 16)
    expect(await one.end()).toBe(0)
    await expect(one.out.text()).toMatchFileSnapshot(`golden/tail-${width}.txt`)
    for (const line of one.out.lines()) expect(displayWidth(line)).toBe(width)
  })
})

test('begins with the last 10 spans, then shows each new one once', async () => {
  await empty()
  await insert(
    server,
    Array.from({ length: 15 }, (_, i) => justNow({ name: `old ${i}.` }, -60_000 + i)),
  )
  const one = tail()
  await shows(one, 'old 14.')
  expect(one.out.lines()).toHaveLength(10)
  await insert(server, [justNow({ name: 'first.' })])
  await shows(one, 'first.')
  await insert(server, [justNow({ name: 'second.' }), justNow({ name: 'late.' }, -4000)])
  await shows(one, 'second.')
  await shows(one, 'late.')
  expect(one.out.lines()).toHaveLength(13)
  expect(one.out.text().indexOf('late.')).toBeLessThan(one.out.text().indexOf('second.'))
  expect(await one.end()).toBe(0)
})

test('shows spans that are half a minute late', async () => {
  await empty()
  await insert(server, [justNow({ name: 'now.' })])
  const one = tail()
  await shows(one, 'now.')
  await insert(server, [justNow({ name: 'late.' }, -30_000)])
  await shows(one, 'late.')
})

test('a span from the future hides nothing', async () => {
  await empty()
  await insert(server, [justNow({ name: 'future.' }, 3_600_000)])
  const one = tail()
  await shows(one, 'future.')
  await insert(server, [justNow({ name: 'present.' })])
  await shows(one, 'present.')
})

test('waits for the first span of an empty table', async () => {
  await empty()
  const one = tail(['--json'])
  await insert(server, [justNow({ name: 'first.' })])
  await shows(one, 'first.')
})

test('--service, --errors, --slow and words choose spans', async () => {
  await empty()
  await insert(server, [
    justNow({ name: 'GET ok.', service: 'web' }),
    justNow({ name: 'GET failed.', service: 'web', error: 'no' }),
    justNow({
      name: 'GET slow.',
      service: 'web',
      at: [Date.now() - BASE_MS - 900, Date.now() - BASE_MS],
    }),
    justNow({ name: 'other.', service: 'shop', error: 'no' }),
  ])
  const named = async (args: string[], last: string) => {
    const one = tail(args)
    await shows(one, last)
    await one.end()
    return one.out.lines().map((line) => /(GET \w+\.|other\.)/.exec(line)?.[0])
  }
  expect((await named(['--service', 'web'], 'failed.')).sort()).toEqual([
    'GET failed.',
    'GET ok.',
    'GET slow.',
  ])
  expect((await named(['--errors'], 'failed.')).sort()).toEqual(['GET failed.', 'other.'])
  expect(await named(['--slow', '500ms'], 'slow.')).toEqual(['GET slow.'])
  expect(await named(['--errors', 'get'], 'failed.')).toEqual(['GET failed.'])
})

test('--json is one object a line', async () => {
  await empty()
  await insert(server, [{ id: 'j', at: [0, 12.5], name: HOSTILE, error: 'x' }])
  const one = tail(['--json'])
  await until(() => one.out.lines().length > 0)
  const [line = ''] = one.out.lines()
  expect(line).toMatch(/^[\x20-\x7e\u00a0-\uffff]*$/)
  expect(JSON.parse(line)).toEqual({
    start: '2023-11-14T22:13:20.000Z',
    trace_id: '0af7651916cd43dd8448eb211c80319c',
    span_id: '000000000000006a',
    parent_span_id: '',
    service: 'shop',
    name: HOSTILE,
    kind: 'internal',
    start_us: BASE_MS * 1000,
    duration_ns: 12_500_000,
    status: 'error',
    status_message: 'x',
  })
})

test('a server that is gone for a while is told once, and then it goes on', async () => {
  await empty()
  await insert(server, [justNow({ name: 'before.' })])
  const one = tail()
  await shows(one, 'before.')
  const port = server.httpPort
  const missed = justNow({ name: 'during the gap.' })
  await server.stop()
  await until(() => one.err.text().includes('Waiting for it'))
  server = await startClickHouse({ dataDir, httpPort: port })
  await insert(server, [missed])
  await shows(one, 'during the gap.')
  expect(one.err.lines()).toHaveLength(2)
  expect(one.err.lines()[1]).toBe('ClickHouse answers again.')
  expect(one.out.text().split('before.')).toHaveLength(2)
})

test('ends quietly when nobody reads any more, as with | head', async () => {
  await empty()
  await insert(server, [justNow({ name: 'first.' })])
  const cli = fileURLToPath(new URL('../../packages/spanhouse/dist/cli.js', import.meta.url))
  const child = spawn('bash', [
    '-c',
    `"$0" "$1" tail --endpoint ${server.url} | head -n 1; echo "code \${PIPESTATUS[0]}"`,
    process.execPath,
    cli,
  ])
  let out = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      out += text
    })
  const closed = once(child, 'close')
  await until(() => out.includes('first.'))
  // It notices when it has something to write.
  await until(async () => {
    await insert(server, [justNow({ name: 'more.' })])
    return child.exitCode !== null
  })
  await closed
  expect(out).toMatch(/^[^\n]+first\.[^\n]+\ncode 0\n$/)
})

test.each([
  [['--slow', '500'], '--slow must be a length of time'],
  [['--lines', 'x'], '--lines must be a whole number'],
])('%j is refused', async (args, message) => {
  const one = start(['tail', ...args])
  expect(await one.ended).toBe(2)
  expect(one.err.text()).toContain(message)
})
