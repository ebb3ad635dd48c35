import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { createLogTable, insertLines, type Line } from '../kit/log-tables.js'
import { until } from '../kit/patience.js'
import { withoutProgress } from '../kit/without-progress.js'
import { BASE_MS, insert, type Running, run, spanId, start, TRACE } from './command-kit.js'
import { HOSTILE, SHOP_TRACE } from './shop-trace.js'

const HOSTILE_TRACE = 'badbad00000000000000000000000001'
const UNSAMPLED = 'deaf0000000000000000000000000001'
const WITHOUT = 'c0ffee00000000000000000000000001'

const line = (ms: number, body: string, more: Partial<Line> = {}): Line => ({
  timeUs: (BASE_MS + ms) * 1000,
  traceId: TRACE,
  spanId: spanId('root'),
  severity: 9,
  severityText: 'INFO',
  service: 'storefront',
  body,
  ...more,
})
const LINES: readonly Line[] = [
  line(-2, 'a line before the trace', { severity: 5, severityText: 'DEBUG' }),
  line(3, 'order 8841 is asked for', { attributes: { 'user.id': 'u1' } }),
  line(30, `48 queries ${'and many words '.repeat(30)}`, {
    service: 'orders',
    spanId: spanId('orders'),
    severity: 13,
    severityText: 'WARN',
  }),
  line(404, 'card declined', { spanId: spanId('pay'), severity: 17, severityText: 'ERROR' }),
]

let server: ClickHouseServer
const running: Running[] = []

beforeAll(async () => {
  server = await startClickHouse({
    users: [{ name: 'spans_only', grants: ['SELECT ON telemetry.traces'] }],
  })
  for (const statement of flatTraces.ddl()) await server.query(statement)
  await insert(server, SHOP_TRACE)
  await insert(server, [
    { trace: HOSTILE_TRACE, id: 'h', at: [0, 5] },
    { trace: WITHOUT, id: 'w', at: [0, 5], name: 'without logs' },
  ])
  await createLogTable(server, 'telemetry', 'logs')
  await insertLines(server, 'telemetry', 'logs', [
    ...LINES,
    line(0, 'nobody sampled this', { traceId: UNSAMPLED, spanId: '' }),
    line(1, HOSTILE, {
      traceId: HOSTILE_TRACE,
      service: HOSTILE,
      severityText: HOSTILE,
      severity: 0,
      eventName: HOSTILE,
      attributes: { [HOSTILE]: HOSTILE },
    }),
    line(2, 'x'.repeat(50_000), { traceId: HOSTILE_TRACE, service: '漢'.repeat(10_000) }),
  ])
})
afterAll(() => server?.stop())
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end()))
})

const trace = (args: string[], surroundings: Parameters<typeof run>[1] = {}) =>
  run(['trace', ...args, '--endpoint', server.url], surroundings)

describe.each([80, 140])('spanhouse trace at %d columns', (width) => {
  test('the lines of its logs stand below a trace, as in the golden file', async () => {
    const { code, out } = await trace([TRACE], { width })
    expect(code).toBe(0)
    await expect(out.slice(out.indexOf('Logs\n'))).toMatchFileSnapshot(
      `golden/trace-logs-${width}.txt`,
    )
  })

  test.each([TRACE, HOSTILE_TRACE])('no line of %s is wider', async (id) => {
    const { out } = await trace([id], { width })
    expect(out).toContain('\nLogs\n')
    for (const one of out.split('\n'))
      if (!/\S{60}/.test(one)) expect(displayWidth(one)).toBeLessThanOrEqual(width)
  })
})

test('a trace without logs, and one whose logs may not be read, is shown without them', async () => {
  const without = await trace([WITHOUT])
  expect([without.code, withoutProgress(without.err)]).toEqual([0, ''])
  expect(without.out).not.toContain('Logs')
  const hidden = await trace([TRACE, '--user', 'spans_only'])
  expect([hidden.code, withoutProgress(hidden.err)]).toEqual([0, ''])
  expect(hidden.out).toContain('GET /orders/:id')
  expect(hidden.out).not.toContain('Logs')
})

test.each([
  [[], /^22:13:20\.000 {2}INFO {3}storefront .*nobody sampled this/],
  [['--json'], /"spans": \[\],.*"body": "nobody sampled this"/s],
  [['--markdown'], /^The trace has no spans\.\n\nLogs:\n.*nobody sampled this/s],
])('a trace without spans is shown by its log lines: %j', async (more, expected) => {
  const { code, out, err } = await trace([UNSAMPLED, ...more])
  expect(code).toBe(0)
  expect(out).toMatch(expected)
  expect(err).toContain(`No span of trace ${UNSAMPLED} is there`)
})

test.each([[[]], [['--markdown']], [['--json']]])('hostile lines do nothing %j', async (more) => {
  const { code, out } = await trace([HOSTILE_TRACE, ...more])
  expect(code).toBe(0)
  expect(out).toContain('漢字')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
  expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff]/)
})

test('--json has every line with its level and its time in the trace', async () => {
  const { logs } = JSON.parse((await trace([TRACE, '--json'])).out)
  expect(logs).toHaveLength(4)
  expect(logs[0]).toMatchObject({ level: 'debug', offset_ns: -2e6 })
  expect(logs[3]).toEqual({
    time: '2023-11-14T22:13:20.404Z',
    time_us: (BASE_MS + 404) * 1000,
    offset_ns: 404e6,
    span_id: spanId('pay'),
    service: 'storefront',
    level: 'error',
    severity_number: 17,
    severity_text: 'ERROR',
    body: 'card declined',
    event_name: '',
    attributes: {},
    resource: { 'service.name': 'storefront' },
    scope_name: 'test',
    scope_version: '1.0.0',
  })
  expect(JSON.parse((await trace([WITHOUT, '--json'])).out).logs).toEqual([])
})

test('--markdown has them for an issue', async () => {
  const { out } = await trace([TRACE, '--markdown'])
  expect(out.slice(out.indexOf('Logs:'))).toMatchInlineSnapshot(`
    "Logs:

    \`\`\`text
     -2.00 ms  DEBUG  storefront: a line before the trace
      3.00 ms  INFO   storefront: order 8841 is asked for
      30.0 ms  WARN   orders: 48 queries and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and many words and…
       404 ms  ERROR  storefront: card declined
    \`\`\`
    "
  `)
})

function tail(args: string[] = [], surroundings: Parameters<typeof start>[1] = {}): Running {
  const one = start(['tail', '--logs', '--endpoint', server.url, ...args], surroundings)
  running.push(one)
  return one
}
const shows = (one: Running, text: string) => until(() => one.out.text().includes(text))
const bodies = (one: Running) => one.out.lines().map((text) => text.split(/\s{2,}/)[3])

describe.each([80, 140])('spanhouse tail --logs at %d columns', (width) => {
  test('the lines are as in the golden file, and none is wider', async () => {
    const one = tail([], { width })
    await until(() => one.out.lines().length >= 7)
    expect(await one.end()).toBe(0)
    await expect(one.out.text()).toMatchFileSnapshot(`golden/tail-logs-${width}.txt`)
    for (const text of one.out.lines()) expect(displayWidth(text)).toBeLessThanOrEqual(width)
  })
})

test('tail --logs shows each new line once, equal ones too, in the order in which they were sent', async () => {
  const one = tail(['--lines', '1'], { width: 140 })
  await shows(one, 'card declined')
  const nowUs = Date.now() * 1000
  const fresh = ['one.', 'two.', 'two.', 'three.'].map((body) => line(0, body, { timeUs: nowUs }))
  await insertLines(server, 'telemetry', 'logs', fresh)
  await shows(one, 'three.')
  await insertLines(server, 'telemetry', 'logs', [
    line(0, 'late.', { timeUs: nowUs - 3_000_000 }),
    line(0, 'last.', { timeUs: nowUs + 1000 }),
  ])
  await shows(one, 'last.')
  expect(bodies(one)).toEqual(['card declined', 'one.', 'two.', 'two.', 'three.', 'late.', 'last.'])
})

test.each([
  ['--errors', ['card declined']],
  ['--service orders', [expect.stringContaining('48 queries')]],
  ['DECLINED', ['card declined']],
  ['user.id=u1', ['order 8841 is asked for']],
  [`trace:${HOSTILE_TRACE}`, 2],
])('tail --logs %s leaves the others out', async (words, expected) => {
  const one = tail(['--lines', '3', ...words.split(' ')], { width: 140 })
  const count = typeof expected === 'number' ? expected : expected.length
  await until(() => one.out.lines().length >= count)
  if (Array.isArray(expected)) expect(bodies(one)).toEqual(expected)
  expect(one.out.lines()).toHaveLength(count)
})

test('tail --logs --json prints one object a line', async () => {
  const one = tail(['--json', '--lines', '1', 'card'])
  await until(() => one.out.lines().length >= 1)
  expect(JSON.parse(one.out.lines()[0] ?? '')).toMatchObject({
    time: '2023-11-14T22:13:20.404Z',
    level: 'error',
    trace_id: TRACE,
    body: 'card declined',
  })
})

test.each([
  [['--slow', '500ms'], '--slow'],
  [['status:error'], 'status:'],
  [['name:GET'], 'name:'],
  [['duration:>5ms'], 'duration:'],
])('tail --logs refuses what is about spans: %j', async (args, named) => {
  const { code, err } = await run(['tail', '--logs', '--endpoint', server.url, ...args])
  expect(code).toBe(2)
  expect(err).toContain(`${named} is about spans`)
})

test('tail --logs waits for the first table of logs, also where there are no spans', async () => {
  const empty = await startClickHouse()
  try {
    const one = start(['tail', '--logs', '--endpoint', empty.url])
    running.push(one)
    await until(() => one.err.text().includes('no table of logs'))
    await createLogTable(empty, 'telemetry', 'otel_logs')
    await insertLines(empty, 'telemetry', 'otel_logs', [
      line(0, 'the first line', { timeUs: Date.now() * 1000 }),
    ])
    await shows(one, 'the first line')
  } finally {
    await empty.stop()
  }
})

test('tail --logs --table names a table of logs, and says which there are', async () => {
  const { code, err } = await run([
    ...['tail', '--logs', '--endpoint', server.url, '--table', 'telemetry.traces'],
  ])
  expect(code).toBe(1)
  expect(err).toContain('has no table of logs telemetry.traces: it has telemetry.logs')
})
