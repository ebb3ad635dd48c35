import { diag } from '@opentelemetry/api'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import {
  BatchLogRecordProcessor,
  batchSpanProcessor,
  LoggerProvider,
  MeterProvider,
  TracerProvider,
} from '#sdk'
import { ClickHouseLogRecordExporter } from '../../src/logs/log-record-exporter.js'
import { ClickHouseLogRecordProcessor } from '../../src/logs/log-record-processor.js'
import { ClickHouseMetricExporter } from '../../src/metrics/metric-exporter.js'
import { explainMisplaced } from '../../src/telemetry/misplaced.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

afterEach(() => diag.disable())

function errors(): string[] {
  const lines: string[] = []
  const error = (...words: unknown[]) => lines.push(words.map(String).join(' '))
  const none = () => {}
  diag.setLogger({ error, warn: none, info: none, debug: none, verbose: none })
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => void vi.restoreAllMocks())
  return lines
}

test('an exporter given as a processor says so once, and the application’s spans go on', async () => {
  const lines = errors()
  const exporter = new ClickHouseSpanExporter()
  onTestFinished(() => exporter.shutdown())
  const provider = new TracerProvider({ spanProcessors: [exporter as never] })
  for (let n = 0; n < 3; n++) provider.getTracer('test').startSpan('span').end()
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('was passed as a span processor')
  expect(lines[0]).toContain('ClickHouseSpanProcessor')
  expect(process.emitWarning).toHaveBeenCalledOnce()
})

test('the switch for all warnings holds for this one too; the log has it all the same', () => {
  const lines = errors()
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_WARNINGS', 'false')
  onTestFinished(() => void vi.unstubAllEnvs())
  const object: { onStart?: () => void } = {}
  explainMisplaced(object, ['onStart'], 'this was passed as that')
  object.onStart?.()
  expect(lines).toHaveLength(1)
  expect(process.emitWarning).not.toHaveBeenCalled()
})

test('a processor given as an exporter says so, and fails every export', async () => {
  const lines = errors()
  const processor = new ClickHouseSpanProcessor()
  onTestFinished(() => processor.shutdown())
  const batches = batchSpanProcessor(processor as never)
  const provider = new TracerProvider({ spanProcessors: [batches] })
  for (let n = 0; n < 2; n++) {
    provider.getTracer('test').startSpan('span').end()
    await provider.forceFlush().catch(() => {})
  }
  expect(lines.join('\n')).toContain('was passed as a span exporter')
  expect(lines.join('\n')).not.toContain('is not a function')
  expect(process.emitWarning).toHaveBeenCalledOnce()
})

test('an exporter of log records given as a processor says so once, and the application’s records go on', async () => {
  const lines = errors()
  const exporter = new ClickHouseLogRecordExporter()
  onTestFinished(() => exporter.shutdown())
  const provider = new LoggerProvider({ processors: [exporter as never] })
  for (let n = 0; n < 3; n++) provider.getLogger('test').emit({ body: 'record' })
  expect(lines).toEqual([expect.stringContaining('was passed as a log record processor')])
  expect(lines[0]).toContain('ClickHouseLogRecordProcessor')
  expect(process.emitWarning).toHaveBeenCalledOnce()
})

test('a processor of log records given as an exporter says so, and fails every export', async () => {
  const lines = errors()
  const processor = new ClickHouseLogRecordProcessor()
  onTestFinished(() => processor.shutdown())
  const batches = new BatchLogRecordProcessor({ exporter: processor as never })
  const provider = new LoggerProvider({ processors: [batches] })
  for (let n = 0; n < 2; n++) {
    provider.getLogger('test').emit({ body: 'record' })
    await provider.forceFlush().catch(() => {})
  }
  expect(lines.join('\n')).toContain('was passed as a log record exporter')
  expect(lines.join('\n')).not.toContain('is not a function')
  expect(process.emitWarning).toHaveBeenCalledOnce()
})

test('an exporter of metrics given as a reader says so once, and the application’s instruments work on', async () => {
  const lines = errors()
  const exporter = new ClickHouseMetricExporter()
  onTestFinished(() => exporter.shutdown())
  const provider = new MeterProvider({ readers: [exporter as never] })
  const meter = provider.getMeter('test')
  meter.createCounter('counter').add(1)
  meter.createHistogram('histogram').record(1)
  meter.createObservableGauge('gauge').addCallback((result) => result.observe(1))
  await provider.forceFlush()
  await provider.shutdown()
  expect(lines).toEqual([expect.stringContaining('was passed as a metric reader')])
  expect(lines[0]).toContain('PeriodicExportingMetricReader')
  expect(process.emitWarning).toHaveBeenCalledOnce()
})
