// The SQL of the dashboards about spans and logs, taken from their files and asked of a real server in both schemas. Each answer is compared
// with what is found by looking at every span.

import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelSpan } from '../queries/kit/model.js'
import * as oracle from '../queries/oracle/index.js'
import { grouped, ordered, quantile } from '../queries/oracle/lists.js'
import { isRequest } from '../queries/oracle/matches.js'
import { sqlOf } from './kit/dashboards.js'
import { type Frame, frame, inUtc } from './kit/data-source.js'
import {
  filledServer,
  LINES,
  opened,
  RANGE,
  SEARCH,
  SERVICES,
  SPANS,
  withDetails,
} from './kit/world.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await filledServer()
})
afterAll(() => server?.stop())

const SECONDS = 900
const STEP_US = 30e6
const inRange = SPANS.filter(({ startUs }) => startUs >= SEARCH.fromUs && startUs < SEARCH.toUs)
const requests = inRange.filter(isRequest)
const failed = inRange.filter(({ status }) => status === 'error')
const p = (level: number, spans: readonly ModelSpan[]) =>
  quantile(
    level,
    spans.map(({ durationNs }) => durationNs),
  )
const share = (spans: readonly ModelSpan[]) =>
  spans.filter(({ status }) => status === 'error').length / spans.length
const text = expect.stringMatching(/^(LowCardinality\()?String/)
/** As the server writes a time with this many digits of a second. */
const timeText = (us: number, digits = 6) =>
  `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19).replace('T', ' ')}${
    digits
      ? `.${String(Math.round(us) % 1e6)
          .padStart(6, '0')
          .padEnd(digits, '0')}`
      : ''
  }`
const step = ({ startUs }: ModelSpan) => timeText(Math.floor(startUs / STEP_US) * STEP_US, 0)
const close = (value: number) => expect.closeTo(value, 6)
/** Of nanoseconds. */
const near = (value: number | null | undefined) => expect.closeTo(value ?? Number.NaN, 3)

describe.each(['flat', 'otel'] as const)('%s', (family) => {
  async function ask(
    [file, title, refId]: readonly [file: string, title: string, refId?: string],
    given: Record<string, string> = {},
  ): Promise<Frame> {
    const path = `${family}/${file}.json`
    return frame(server, sqlOf(path, title, refId), await opened(server, path, given))
  }

  test('the variables find the tables of the schema, and the services of the range', async () => {
    const { values } = await opened(server, `${family}/errors.json`)
    expect(values).toMatchObject(
      family === 'flat'
        ? { spans: 'telemetry.traces', logs: 'telemetry.logs', service: '$__all' }
        : { spans: 'telemetry.otel_traces', logs: 'telemetry.otel_logs', service: '$__all' },
    )
    const one = await opened(server, `${family}/service.json`)
    const busiest = [...grouped(inRange, ({ service }) => service)].sort(
      (a, b) => b.length - a.length,
    )
    expect(one.values['service']).toBe(busiest[0]?.[0]?.service)
  })

  test('services: the totals of all requests', async () => {
    const { rows } = await ask(['services', 'All services'])
    expect(rows).toEqual([
      {
        rate: close(requests.length / SECONDS),
        errors: close(share(requests)),
        p95: near(p(0.95, requests)),
        services: expect.anything(),
      },
    ])
    expect(Number(rows[0]?.['services'])).toBe(new Set(requests.map(({ service }) => service)).size)
  })

  test.each([
    ['Requests', (spans: readonly ModelSpan[]) => spans.length / 30],
    ['Errors', share],
    ['Duration', (spans: readonly ModelSpan[]) => p(0.95, spans) ?? 0],
  ] as const)('services: %s of each service over time', async (title, measure) => {
    const path = `${family}/services.json`
    const { rows, types } = await frame(server, sqlOf(path, title), await opened(server, path))
    expect(Object.keys(types)).toEqual(['time', 'service', 'value'])
    expect(types['time']).toMatch(/^DateTime/)
    expect(types['value']).toBe('Float64')
    const truth = grouped(requests, (span) => [step(span), span.service]).map((spans) => ({
      time: step(spans[0] as ModelSpan),
      service: spans[0]?.service,
      value: expect.closeTo(measure(spans), title === 'Duration' ? 3 : 6),
    }))
    expect(inUtc({ rows, types })).toHaveLength(truth.length)
    expect(inUtc({ rows, types })).toEqual(expect.arrayContaining(truth))
    expect(rows.map(({ time }) => time)).toEqual(rows.map(({ time }) => time).sort())
  })

  test('services: the table', async () => {
    const path = `${family}/services.json`
    const { rows } = await frame(server, sqlOf(path, 'Services'), await opened(server, path))
    expect(rows).toEqual(
      oracle.services(SPANS, SEARCH).map((one) => ({
        service: one.service,
        requests: one.requests,
        rate: close(one.rate),
        errors: close(one.requests ? one.errors / one.requests : 0),
        p50: near(one.p50_ns),
        p95: near(one.p95_ns),
        p99: near(one.p99_ns),
        spans: one.spans,
        last: expect.any(String),
      })),
    )
  })

  test('map: each service and whatever else is called is a node, each call an edge', async () => {
    const { rows: nodes, types } = await ask(['map', 'Service map', 'nodes'])
    const { rows: edges, types: edgeTypes } = await ask(['map', 'Service map', 'edges'])
    const calls = oracle.edges(SPANS, SEARCH)
    expect(types).toMatchObject({ id: text, title: text, arc__ok: 'Float64' })
    expect(edgeTypes).toMatchObject({ id: text, source: text, target: text })
    expect(edges).toHaveLength(calls.length)
    expect(calls.length).toBeGreaterThan(5)
    expect(edges).toEqual(
      expect.arrayContaining(
        calls.map((call) => ({
          id: expect.any(String),
          source: `service:${call.caller}`,
          target: `${call.callee_kind}:${call.callee}`,
          mainstat: `${rounded(call.calls / SECONDS)} req/s`,
          secondarystat: expect.stringMatching(/^[\d.e-]+ ms$/),
          color: call.errors ? 'red' : '',
          detail__errors: close(call.errors / call.calls),
        })),
      ),
    )
    const services = oracle.services(SPANS, SEARCH)
    const ids = new Set([
      ...services.map(({ service }) => `service:${service}`),
      ...calls.map(({ caller }) => `service:${caller}`),
      ...calls.map(({ callee, callee_kind }) => `${callee_kind}:${callee}`),
    ])
    expect(nodes.map(({ id }) => id).sort()).toEqual([...ids].sort())
    for (const { service, requests: of, errors, rate } of services)
      expect(nodes.find(({ id }) => id === `service:${service}`)).toMatchObject({
        title: service,
        subtitle: 'service',
        mainstat: `${rounded(rate)} req/s`,
        arc__errors: close(of ? errors / of : 0),
        arc__ok: close(of ? 1 - errors / of : 1),
      })
    // Every edge ends at nodes, or Grafana draws none.
    for (const { source, target } of edges)
      expect([...ids]).toEqual(expect.arrayContaining([source, target]))
  })

  describe.each(SERVICES)('service: %s', (service) => {
    const mine = requests.filter((span) => span.service === service)

    test('totals, and lines by operation', async () => {
      const title = '$service'
      const totals = await ask(['service', title], { service })
      expect(totals.rows).toEqual([
        {
          rate: close(mine.length / SECONDS),
          errors: close(share(mine)),
          p95: near(p(0.95, mine)),
        },
      ])
      const { rows, types } = await ask(['service', 'Requests'], { service })
      const truth = grouped(mine, (span) => [step(span), span.name]).map((spans) => ({
        time: step(spans[0] as ModelSpan),
        operation: spans[0]?.name,
        value: close(spans.length / 30),
      }))
      expect(inUtc({ rows, types })).toHaveLength(truth.length)
      expect(inUtc({ rows, types })).toEqual(expect.arrayContaining(truth))
      const durations = await ask(['service', 'Duration'], { service })
      const rates = oracle.rates(SPANS, { ...SEARCH, services: [service] }, STEP_US)
      expect(inUtc(durations)).toEqual(
        rates.map((one) => ({
          time: timeText(one.bucket_us, 0),
          p50: near(one.p50_ns),
          p95: near(one.p95_ns),
          p99: near(one.p99_ns),
        })),
      )
    })

    test('operations, calls and slowest traces', async () => {
      const search = { ...SEARCH, services: [service] }
      const shown = await ask(['service', 'Operations'], { service })
      expect(shown.rows).toEqual(operations(search, 'total', 100).map(operationRow))
      const calls = await ask(['service', 'Calls'], { service })
      expect(calls.rows).toEqual(
        oracle.edges(SPANS, search).map((call) => ({
          caller: call.caller,
          called: call.callee,
          kind: call.callee_kind,
          calls: call.calls,
          errors: close(call.errors / call.calls),
          p50: near(call.p50_ns),
          p95: near(call.p95_ns),
        })),
      )
      const slowest = await ask(['service', 'Slowest traces'], { service })
      expect(slowest.rows.map(({ trace_id }) => trace_id)).toEqual(
        oracle.traces(SPANS, search, { limit: 50, sort: 'slowest' }).map((one) => one.trace_id),
      )
    })
  })

  test.each([['$__all'], ...SERVICES.map((one) => [one])])(
    'slowest: operations and traces of %s',
    async (service) => {
      const search = service === '$__all' ? SEARCH : { ...SEARCH, services: [service] }
      for (const [title, sort] of [
        ['Slowest operations', 'p95'],
        ['Most time in all', 'total'],
      ] as const) {
        const { rows } = await ask(['slowest', title], { service })
        expect(rows).toEqual(operations(search, sort, 50).map(operationRow))
      }
      const { rows } = await ask(['slowest', 'Slowest traces'], { service })
      expect(rows).toEqual(
        oracle.traces(SPANS, search, { limit: 50, sort: 'slowest' }).map((one) => ({
          trace_id: one.trace_id,
          start: expect.any(String),
          service: one.root_service,
          operation: one.root_name,
          duration: one.duration_ns,
          spans: one.spans,
          errors: one.errors,
        })),
      )
    },
  )

  test.each([['$__all'], ...SERVICES.map((one) => [one])])(
    'errors: spans, messages and lines of %s',
    async (service) => {
      const isOf = (one: { service: string }) => service === '$__all' || one.service === service
      const mine = failed.filter(isOf)
      const over = await ask(['errors', 'Spans that are errors'], { service })
      const sum = over.rows.reduce((all, { value }) => all + Number(value) * 30, 0)
      expect(sum).toBeCloseTo(mine.length)
      const newest = await ask(['errors', 'Newest errors'], { service })
      expect(newest.rows.map(({ trace_id, message }) => [trace_id, message])).toEqual(
        oracle
          .spans(
            SPANS,
            { ...SEARCH, status: 'error', ...(service !== '$__all' && { services: [service] }) },
            100,
          )
          .map(({ trace_id, status_message }) => [trace_id, status_message]),
      )
      const messages = await ask(['errors', 'What went wrong'], { service })
      const said = (span: ModelSpan) => span.message || `no ${span.kind}`
      const truth = grouped(mine, (span) => [span.service, span.name, said(span)])
      expect(messages.rows).toHaveLength(Math.min(truth.length, 100))
      for (const { service: of, operation, message, errors } of messages.rows)
        expect(
          mine.filter(
            (span) => span.service === of && span.name === operation && said(span) === message,
          ),
        ).toHaveLength(Number(errors))
      const visible = LINES.filter(({ atMs }) => atMs >= RANGE.fromMs && atMs < RANGE.toMs)
      const bad = await ask(['errors', 'Log lines that are errors'], { service })
      expect(bad.rows.map(({ body }) => body).sort()).toEqual(
        visible
          .filter((line) => line.level === 'ERROR' && isOf(line))
          .map(({ body }) => body)
          .sort()
          .slice(0, 100),
      )
      const traces = new Set(
        [...mine]
          .sort((a, b) => b.startUs - a.startUs)
          .slice(0, 100)
          .map(({ traceId }) => traceId),
      )
      const theirs = await ask(['errors', 'Log lines of these traces'], { service })
      expect(theirs.rows.map(({ body }) => body).sort()).toEqual(
        visible
          .filter(({ traceId }) => traces.has(traceId))
          .map(({ body }) => body)
          .sort(),
      )
      expect(theirs.types).toMatchObject({
        timestamp: expect.stringMatching(/^DateTime64/),
        body: 'String',
        level: text,
        labels: expect.stringMatching(/^Map\(/),
        traceID: 'String',
      })
    },
  )

  const detailed = failed.find(({ message }) => message === '') as ModelSpan

  test.each([
    ['as it is', (id: string) => id],
    ['in capitals, with spaces', (id: string) => ` ${id.toUpperCase()} `],
  ])('trace: its id is given %s', async (_, write) => {
    const spans = SPANS.filter(({ traceId }) => traceId === detailed.traceId)
    const given = { trace: write(detailed.traceId) }
    const { rows, types } = await ask(['trace', 'Trace $trace'], given)
    const fields = 'Array(Map(String, String))'
    expect(types).toEqual({
      traceID: 'String',
      spanID: 'String',
      parentSpanID: 'String',
      serviceName: text,
      operationName: text,
      startTime: 'Float64',
      duration: 'Float64',
      kind: text,
      statusCode: 'UInt8',
      statusMessage: 'String',
      instrumentationLibraryName: text,
      instrumentationLibraryVersion: text,
      traceState: 'String',
      tags: fields,
      serviceTags: fields,
      logs: `Array(Tuple(name String, timestamp String, fields ${fields}))`,
      references: `Array(Tuple(traceID String, spanID String, tags ${fields}))`,
    })
    expect(rows).toHaveLength(spans.length)
    const pairs = (map: object) => Object.entries(map).map(([key, value]) => ({ key, value }))
    for (const span of spans) {
      const { events = [], links = [] } = withDetails(span)
      expect(rows.find(({ spanID }) => spanID === span.spanId)).toMatchObject({
        traceID: span.traceId,
        parentSpanID: span.parentSpanId,
        serviceName: span.service,
        operationName: span.name,
        startTime: expect.closeTo(span.startUs / 1000, 3),
        duration: close(span.durationNs / 1e6),
        kind: span.kind,
        statusCode: { unset: 0, ok: 1, error: 2 }[span.status],
        statusMessage: span.message,
        tags: expect.arrayContaining(pairs(span.attributes)),
        serviceTags: expect.arrayContaining(
          pairs({ 'service.name': span.service, ...span.resource }),
        ),
        logs: events.map(({ name, attributes }) => ({
          name,
          timestamp: String(Math.floor(span.startUs / 1000 + 0.25)),
          fields: expect.arrayContaining(pairs(attributes ?? {})),
        })),
        references: links.map(({ attributes }) => ({
          traceID: 'c'.repeat(32),
          spanID: 'd'.repeat(16),
          tags: pairs(attributes ?? {}),
        })),
      })
    }
    const table = await ask(['trace', 'Spans'], given)
    expect(table.rows.map(({ span_id }) => span_id).sort()).toEqual(
      spans.map(({ spanId }) => spanId).sort(),
    )
    expect(table.rows.map(({ offset }) => Number(offset))).toEqual(
      spans
        .map(({ startUs }) => (startUs - Math.min(...spans.map((one) => one.startUs))) * 1000)
        .sort((a, b) => a - b),
    )
    const logs = await ask(['trace', 'Log lines'], given)
    expect(logs.rows.map(({ body }) => body).sort()).toEqual(
      LINES.filter(({ traceId }) => traceId === detailed.traceId)
        .map(({ body }) => body)
        .sort(),
    )
  })

  test('trace: without an id, and with what is no id, there is nothing', async () => {
    for (const trace of ['', "' OR 1 --", '$__fromTime', '${spans}'])
      for (const title of ['Trace $trace', 'Spans', 'Log lines'])
        expect((await ask(['trace', title], { trace })).rows).toEqual([])
  })
})

const rounded = (value: number) => String(Number(value.toFixed(2)))

function operations(
  search: Parameters<typeof oracle.operations>[1],
  sort: 'p95' | 'total',
  limit: number,
) {
  return ordered(
    oracle.operations(SPANS, search),
    (row) => row[`${sort}_ns`],
    ({ service }) => service,
    ({ name }) => name,
    ({ kind }) => kind,
  ).slice(0, limit)
}

function operationRow(one: ReturnType<typeof oracle.operations>[number]) {
  return {
    service: one.service,
    operation: one.name,
    kind: one.kind,
    count: one.count,
    rate: close(one.rate),
    errors: close(one.errors / one.count),
    p50: near(one.p50_ns),
    p95: near(one.p95_ns),
    p99: near(one.p99_ns),
    max: near(one.max_ns),
    total: near(one.total_ns),
  }
}
