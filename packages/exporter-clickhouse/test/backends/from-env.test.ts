import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DiagLogLevel } from '@opentelemetry/api'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sdk } from '#sdk'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { grpcReceiver, otlpReceiver } from '../../../../test/kit/otlp-receiver.js'
import { eventually, flushed } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { processorFrom, processWarnings, runsIn, spansThrough } from './backends-kit.js'

const idsIn = (rows: Record<string, unknown>[]) => rows.map((row) => row['span_id'])

test('clickhouse sends spans to the ClickHouse of the environment, and one line says so', async () => {
  const server = await scriptedServer()
  const lines = diagLines(DiagLogLevel.INFO)
  const processor = processorFrom({
    OTEL_TRACES_EXPORTER: 'clickhouse',
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
  })
  const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) }
  processor.onEnd(makeSpan({ name: 'sampled' }))
  processor.onEnd(
    makeSpan({ name: 'not sampled', spanContext: () => ({ ...context, traceFlags: 0 }) }),
  )
  await flushed(processor)
  expect(server.rows.map((row) => row['span_name'])).toEqual(['sampled'])
  expect(lines).toEqual([
    expect.stringMatching(
      /^spanhouse: traces go to clickhouse \(OTEL_TRACES_EXPORTER=clickhouse\); /,
    ),
  ])
})

test('none exports nothing, and one line says so', async () => {
  const lines = diagLines(DiagLogLevel.INFO)
  const processor = processorFrom({ OTEL_TRACES_EXPORTER: 'none' })
  processor.onEnd(makeSpan())
  await flushed(processor)
  expect(lines).toEqual(['spanhouse: no traces are exported (OTEL_TRACES_EXPORTER=none)'])
})

describe('otlp', () => {
  test('is the default, by the official exporter that the application has', async () => {
    runsIn()
    const receiver = await otlpReceiver()
    const lines = diagLines(DiagLogLevel.INFO)
    const processor = processorFrom({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })
    const ids = spansThrough(processor)(3)
    await flushed(processor)
    expect(receiver.spanIds).toEqual(ids)
    expect(receiver.requests).toEqual(['/v1/traces application/x-protobuf'])
    expect(lines).toEqual(['spanhouse: traces go to otlp (OTEL_TRACES_EXPORTER is not set)'])
  })

  test.each([
    [{}, true],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, false],
  ])(
    'beside an endpoint for ClickHouse is doubted, unless it is asked for: %j',
    async (asked, isDoubted) => {
      runsIn()
      const lines = diagLines()
      const { url } = await otlpReceiver()
      processorFrom({
        OTEL_EXPORTER_OTLP_ENDPOINT: url,
        OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'http://u:canary-5ecret@h:8123',
        ...asked,
      })
      const doubt =
        'spanhouse: OTEL_EXPORTER_CLICKHOUSE_ENDPOINT is set, but OTEL_TRACES_EXPORTER is not, so traces go to otlp. Set OTEL_TRACES_EXPORTER=clickhouse, or otlp if that is meant.'
      expect(lines).toEqual(isDoubted ? [doubt] : [])
    },
  )

  test.each([
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json', '/v1/traces application/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/json', '/v1/traces application/json'],
    [
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'grpc',
      '/opentelemetry.proto.collector.trace.v1.TraceService/Export application/grpc',
    ],
  ])('speaks the protocol of %s=%s', async (variable, protocol, request) => {
    runsIn()
    const receiver = await (protocol === 'grpc' ? grpcReceiver() : otlpReceiver())
    const processor = processorFrom({
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      [variable]: protocol,
    })
    const ids = spansThrough(processor)(2)
    await flushed(processor)
    expect(receiver.spanIds).toEqual(ids)
    expect(receiver.requests).toEqual([request])
  })

  test('gathers batches as OTEL_BSP_* say', async () => {
    runsIn()
    const receiver = await otlpReceiver()
    const processor = processorFrom({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '3',
      OTEL_BSP_MAX_QUEUE_SIZE: '8',
      OTEL_BSP_SCHEDULE_DELAY: '86400000',
    })
    const ids = spansThrough(processor)(12)
    await flushed(processor)
    // The first batch has left the queue when the eighth of the others comes in.
    expect(receiver.spanIds).toHaveLength(11)
    expect(ids).toEqual(expect.arrayContaining(receiver.spanIds))
    expect(receiver.batches.toSorted()).toEqual([2, 3, 3, 3])
  })

  test('flushes more batches at once than the official exporter takes', async () => {
    runsIn()
    const receiver = await otlpReceiver()
    const processor = processorFrom({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
      OTEL_BSP_MAX_QUEUE_SIZE: '100',
    })
    const ids = spansThrough(processor)(100)
    await flushed(processor)
    expect(receiver.spanIds.toSorted()).toEqual(ids.toSorted())
  })

  test('a flush also waits for exports that its processor has begun', async () => {
    runsIn()
    let answer = () => {}
    const held = new Promise<void>((resolve) => {
      answer = resolve
    })
    const receiver = await otlpReceiver(() => held)
    const processor = processorFrom({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '1',
    })
    const ids = spansThrough(processor)(1) // a whole batch: it is sent at once
    await expect(processor.forceFlush({ timeoutMs: 50 })).rejects.toThrow(
      'spanhouse: otlp has not flushed within 50 ms',
    )
    answer()
    await flushed(processor)
    expect(receiver.spanIds).toEqual(ids)
  })

  test('that is not installed causes one warning with the command for it, and the others go on', async () => {
    runsIn(`${temporaryDirectory()}/app.js`)
    vi.spyOn(process, 'cwd').mockReturnValue(temporaryDirectory())
    onTestFinished(() => void vi.restoreAllMocks())
    const server = await scriptedServer()
    const warnings = processWarnings()
    const lines = diagLines(DiagLogLevel.INFO)
    const processor = processorFrom({
      OTEL_TRACES_EXPORTER: 'clickhouse,otlp',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    })
    const ids = spansThrough(processor)(1)
    await flushed(processor)
    expect(idsIn(server.rows)).toEqual(ids)
    await eventually(() => expect(warnings).toHaveLength(1))
    expect(warnings).toEqual([
      'no traces go to otlp (OTEL_TRACES_EXPORTER=clickhouse,otlp): @opentelemetry/exporter-trace-otlp-proto is not installed: npm install @opentelemetry/exporter-trace-otlp-proto.',
    ])
    expect(lines).toEqual([
      `spanhouse: ${warnings[0]}`,
      expect.stringMatching(/^spanhouse: traces go to clickhouse \(/),
    ])
  })
})

/** An application that has only these packages of the test's SDK. */
function applicationWith(...names: string[]): void {
  const app = temporaryDirectory()
  vi.spyOn(process, 'cwd').mockReturnValue(app)
  onTestFinished(() => void vi.restoreAllMocks())
  mkdirSync(join(app, 'node_modules/@opentelemetry'), { recursive: true })
  for (const name of names)
    symlinkSync(
      fileURLToPath(
        new URL(`../../../../test/${sdk}/node_modules/@opentelemetry/${name}`, import.meta.url),
      ),
      join(app, 'node_modules/@opentelemetry', name),
    )
  runsIn(join(app, 'app.js'))
}

test('the command that installs OTLP has the version for the SDK, and the warning names the alternative', async () => {
  applicationWith(sdk === 'sdk2' ? 'sdk-trace-base' : 'sdk-trace')
  const warnings = processWarnings()
  processorFrom({})
  await eventually(() => expect(warnings).toHaveLength(1))
  const version = sdk === 'sdk2' ? '0.223' : '0.301'
  expect(warnings[0]).toContain(
    `npm install @opentelemetry/exporter-trace-otlp-proto@${version}. Or set OTEL_TRACES_EXPORTER=clickhouse.`,
  )
})

test('an exporter that is installed for another protocol is named', async () => {
  applicationWith('exporter-trace-otlp-http')
  const warnings = processWarnings()
  processorFrom({ OTEL_TRACES_EXPORTER: 'otlp' })
  await eventually(() => expect(warnings).toHaveLength(1))
  expect(warnings[0]).toContain(
    'Or set OTEL_EXPORTER_OTLP_PROTOCOL=http/json, for which @opentelemetry/exporter-trace-otlp-http is installed',
  )
})

test('clickhouse and otlp get every span', async () => {
  runsIn()
  const [receiver, server] = [await otlpReceiver(), await scriptedServer()]
  const processor = processorFrom({
    OTEL_TRACES_EXPORTER: 'clickhouse,otlp',
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  })
  const ids = spansThrough(processor)(10)
  await flushed(processor)
  expect(receiver.spanIds).toEqual(ids)
  expect(idsIn(server.rows)).toEqual(ids)
})

test('console prints spans as the SDK does', async () => {
  runsIn()
  const printed = vi.spyOn(console, 'dir').mockImplementation(() => {})
  onTestFinished(() => void vi.restoreAllMocks())
  const processor = processorFrom({ OTEL_TRACES_EXPORTER: 'console' })
  const [id] = spansThrough(processor)(1)
  await flushed(processor)
  expect(printed.mock.calls).toEqual([[expect.objectContaining({ id }), expect.anything()]])
})

test('invalid variables of the SDK are warned about and count as unset', async () => {
  runsIn()
  const receiver = await otlpReceiver()
  const warnings = processWarnings()
  const processor = processorFrom({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/xml',
    OTEL_BSP_SCHEDULE_DELAY: '5s',
    OTEL_BSP_MAX_QUEUE_SIZE: '0',
  })
  const ids = spansThrough(processor)(1)
  await flushed(processor)
  expect(receiver.spanIds).toEqual(ids)
  await eventually(() => expect(warnings).toHaveLength(3))
  expect(warnings).toEqual([
    'OTEL_BSP_SCHEDULE_DELAY must be a whole number of milliseconds, at least 0, not `5s`. It is ignored, as if it were not set.',
    'OTEL_BSP_MAX_QUEUE_SIZE must be a whole number of spans, at least 1, not `0`. It is ignored, as if it were not set.',
    'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, http/json, grpc, not `http/xml`. It is ignored, as if it were not set.',
  ])
})

test('a mistake in the configuration of ClickHouse does not stop the other backends', async () => {
  runsIn()
  const receiver = await otlpReceiver()
  const processor = processorFrom({
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: 'nonsense',
  })
  const ids = spansThrough(processor)(1)
  await flushed(processor)
  expect(receiver.spanIds).toEqual(ids)
})
