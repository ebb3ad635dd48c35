import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { insert, run, spanId, TRACE } from './command-kit.js'
import { HOSTILE, SHOP_TRACE } from './shop-trace.js'

let server: ClickHouseServer
const ELSEWHERE = 'c0ffee00000000000000000000000001'
const HOSTILE_TRACE = 'badbad00000000000000000000000001'
const REPEATED_TRACE = 'fa11ed00000000000000000000000001'
const DEEP_TRACE = 'deeb0000000000000000000000000001'

beforeAll(async () => {
  server = await startClickHouse()
  for (const statement of [...flatTraces.ddl(), ...otelTraces.ddl()]) await server.query(statement)
  await insert(server, SHOP_TRACE)
  await insert(server, [
    { trace: 'abcd1000000000000000000000000001', id: 'a', at: [0, 1] },
    { trace: 'abcd2000000000000000000000000001', id: 'b', at: [5, 6] },
    {
      trace: HOSTILE_TRACE,
      id: 'h',
      at: [0, 5],
      name: HOSTILE,
      service: HOSTILE,
      error: HOSTILE,
      attributes: { [HOSTILE]: HOSTILE },
      exception: { type: HOSTILE, message: HOSTILE, stack: `x\n    at ${HOSTILE}` },
    },
    {
      trace: HOSTILE_TRACE,
      id: 'long',
      parent: 'h',
      at: [1, 2],
      name: 'x'.repeat(10_000),
      service: '漢'.repeat(10_000),
      error: 'y '.repeat(5000),
    },
    // As Express does: one exception, recorded by one span after another.
    ...['request', 'middleware', 'handler'].map((id, i) => ({
      trace: REPEATED_TRACE,
      id,
      ...(i > 0 && { parent: 'request' }),
      at: [i, 5] as const,
      error: 'no such order',
      exception: {
        type: 'NotFound',
        message: 'no such order',
        stack: 'NotFound: no such order\n    at find (/srv/shop/src/find.js:1:2)',
      },
    })),
    ...Array.from({ length: 3000 }, (_, i) => ({
      trace: DEEP_TRACE,
      id: `d${i}`,
      ...(i > 0 && { parent: `d${i - 1}` }),
      at: [i / 1000, 10] as const,
    })),
  ])
  await insert(server, [{ trace: ELSEWHERE, id: 'o', at: [0, 1], name: 'of the Collector' }], {
    table: 'default.otel_traces',
    schema: otelTraces,
  })
})
afterAll(() => server?.stop())

const trace = (args: string[], surroundings: Parameters<typeof run>[1] = {}) =>
  run(['trace', ...args, '--endpoint', server.url], surroundings)

describe.each([80, 140])('at %d columns', (width) => {
  test('the waterfall is as in the golden file', async () => {
    const { code, out } = await trace([TRACE], { width })
    expect(code).toBe(0)
    await expect(out).toMatchFileSnapshot(`golden/trace-${width}.txt`)
  })

  test.each([TRACE, HOSTILE_TRACE, DEEP_TRACE])('no line of %s is wider', async (id) => {
    const { out } = await trace([id], { width })
    for (const line of out.split('\n')) {
      // A name or a frame without spaces is kept whole, so that it can be copied.
      if (/\S{60}/.test(line)) continue
      expect(displayWidth(line)).toBeLessThanOrEqual(width)
    }
  })
})

test('--width counts instead of the width of the terminal', async () => {
  const { out } = await trace([TRACE, '--width', '100'], { width: 200 })
  expect(Math.max(...out.split('\n').map(displayWidth))).toBeLessThanOrEqual(100)
})

test('on a terminal there are colours, elsewhere none', async () => {
  const colourful = await trace([TRACE], { isTerminal: true, hasColours: true })
  const plain = await trace([TRACE])
  expect(colourful.out).toContain('\x1b[31m')
  expect(plain.out).not.toContain('\x1b')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removes the colours.
  expect(colourful.out.replaceAll(/\x1b\[\d+m/g, '')).toBe(plain.out)
})

test.each([[[]], [['--markdown']], [['--json']]])('hostile text does nothing %j', async (more) => {
  const { code, out } = await trace([HOSTILE_TRACE, ...more])
  expect(code).toBe(0)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left.
  expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\ufeff]/)
})

describe('the id may be', () => {
  test.each([
    ['its beginning', '0af7'],
    ['in capitals', TRACE.toUpperCase()],
    ['a UUID', '0af76519-16cd-43dd-8448-eb211c80319c'],
    ['a traceparent header', `00-${TRACE}-b7ad6b7169203331-01`],
    ['the URL of the page', `http://127.0.0.1:4417/trace/${TRACE}?token=x`],
    ['a line of a log', `{"msg":"x","trace_id":"${TRACE}"}`],
  ])('%s', async (_, text) => {
    expect((await trace([text])).out).toContain('GET /orders/:id')
  })
})

test('a stack that several spans recorded is printed once', async () => {
  const { out } = await trace([REPEATED_TRACE])
  expect(out.match(/NotFound: no such order/g)).toHaveLength(3)
  expect(out.match(/at find \(\/srv\/shop\/src\/find\.js:1:2\)/g)).toHaveLength(1)
  expect(out.match(/the same stack as above/g)).toHaveLength(2)
})

test('an ambiguous beginning lists the traces', async () => {
  const { code, out, err } = await trace(['abcd'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toBe(
    [
      'Several traces begin with abcd: give more digits.',
      'trace                             began                    spans',
      'abcd2000000000000000000000000001  2023-11-14 22:13:20.005      1',
      'abcd1000000000000000000000000001  2023-11-14 22:13:20.000      1',
      '',
    ].join('\n'),
  )
})

test('looks in the other tables too, unless one is named', async () => {
  expect((await trace([ELSEWHERE])).out).toContain('of the Collector')
  expect((await trace(['c0ffee'])).out).toContain('of the Collector')
  const { code, err } = await trace([ELSEWHERE, '--table', 'telemetry.traces'])
  expect(code).toBe(1)
  expect(err).toContain(
    `Trace ${ELSEWHERE} is not in telemetry.traces of ClickHouse at ${server.url}`,
  )
})

test('a trace that is not there says where it was looked for, and how to widen', async () => {
  const { code, out, err } = await trace(['ffffffff'])
  expect([code, out]).toEqual([1, ''])
  expect(err).toMatch(
    /^spanhouse: No trace that begins with ffffffff is in .*telemetry\.traces.*--endpoint.*--table.*\n$/,
  )
  expect(err).toContain('default.otel_traces')
})

test.each([
  ['abc', 'at least 4 digits'],
  ['xyz', 'no trace id'],
  [`${TRACE} ${ELSEWHERE}`, '2 trace ids'],
])('%s is refused', async (id, message) => {
  const { code, err } = await trace([id])
  expect(code).toBe(2)
  expect(err).toContain(message)
})

test('--json has every span with its numbers', async () => {
  const { out } = await trace([TRACE, '--json'])
  const json = JSON.parse(out)
  expect(json).toMatchObject({
    trace_id: TRACE,
    start: '2023-11-14T22:13:20.000Z',
    duration_ns: 412e6,
    errors: 1,
  })
  expect(json.spans).toHaveLength(SHOP_TRACE.length)
  expect(json.repeats).toMatchObject([
    { name: 'SELECT users', count: 48, total_ns: 300e6, how: 'sequential' },
    { name: 'GET image', how: 'parallel' },
  ])
  expect(
    json.spans.find((span: { span_id: string }) => span.span_id === spanId('pay')),
  ).toMatchObject({
    status: 'error',
    attributes: { 'payment.amount': '12.50' },
    events: [{ name: 'exception', offset_ns: 405e6 }],
  })
})

test('--markdown is for an issue', async () => {
  await expect((await trace([TRACE, '--markdown'])).out).toMatchFileSnapshot('golden/trace.md')
  expect((await trace([TRACE, '--json', '--markdown'])).code).toBe(2)
})
