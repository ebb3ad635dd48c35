import { diag } from '@opentelemetry/api'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { batchSpanProcessor, TracerProvider } from '#sdk'
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
