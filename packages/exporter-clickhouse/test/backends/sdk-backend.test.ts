import { expect, onTestFinished, test, vi } from 'vitest'
import { batchSpanProcessor, TracerProvider } from '#sdk'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { eventually } from '../../../../test/kit/patience.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { SPANS } from '../../src/backends/kind.js'
import type { SdkExporter, SdkProcessor } from '../../src/backends/sdk.js'
import { sdkBackend } from '../../src/backends/sdk-backend.js'
import { processWarnings } from './backends-kit.js'

const PATIENCE = {
  flushTimeoutMs: 60_000,
  shutdownTimeoutMs: 60_000,
  flushOnSignal: false,
  warnings: true,
}

/** A processor that hands over what has ended when it is flushed. */
function batching(exporter: SdkExporter): SdkProcessor {
  let ended: unknown[] = []
  return {
    onEnd: (span) => void ended.push(span),
    async forceFlush() {
      const batch = ended
      ended = []
      exporter.export(batch, () => {})
    },
    shutdown: () => exporter.shutdown(),
  }
}

type Parts = Parameters<typeof sdkBackend>[1]
function backendOf(parts: Pick<Parts, 'exporter'> & Partial<Parts>) {
  return sdkBackend(SPANS, { name: 'otlp', processorOf: batching, options: PATIENCE, ...parts })
}

function collector(code = 0) {
  const spans: unknown[] = []
  const shutdown = vi.fn(async () => {})
  const exporter: SdkExporter = {
    export(batch, resultCallback) {
      spans.push(...(batch as unknown[]))
      setImmediate(resultCallback, { code, ...(code && { error: new Error('refused') }) })
    },
    shutdown,
  }
  return { spans, exporter, shutdown }
}

test('a signal flushes it, if that is configured, until it is shut down', async () => {
  const { exporter, spans } = collector()
  const ours = () => {}
  process.on('SIGTERM', ours) // so that the signal does not end the process of the test
  onTestFinished(() => void process.off('SIGTERM', ours))
  const listeners = process.listenerCount('SIGTERM')
  const backend = backendOf({ exporter, options: { ...PATIENCE, flushOnSignal: true } })
  backend.accept(makeSpan(), undefined)
  process.emit('SIGTERM', 'SIGTERM')
  await eventually(() => expect(spans).toHaveLength(1))
  await eventually(() => expect(process.listenerCount('SIGTERM')).toBe(listeners + 1))
  await backend.shutdown()
  expect(process.listenerCount('SIGTERM')).toBe(listeners)
})

test('the exporter is shut down once, after all that its processor held', async () => {
  const { exporter, spans, shutdown } = collector()
  shutdown.mockImplementation(async () => expect(spans).toHaveLength(2))
  const backend = backendOf({ exporter })
  backend.accept(makeSpan(), undefined)
  backend.accept(makeSpan(), undefined)
  await Promise.all([backend.shutdown(), backend.shutdown()])
  expect(shutdown).toHaveBeenCalledTimes(1)
})

test('a processor and an exporter that throw do not reach the application', async () => {
  const { exporter } = collector()
  const throws = () => {
    throw new Error('from the SDK')
  }
  const backend = backendOf({
    exporter: { ...exporter, export: throws, shutdown: throws },
    processorOf: (to) => ({ ...batching(to), onEnd: throws }),
  })
  backend.accept(makeSpan(), undefined)
  await backend.flush(undefined)
  await backend.shutdown()
})

test('one warning on stderr says that nothing was ever taken', async () => {
  const [warnings, lines] = [processWarnings(), diagLines()]
  const { exporter } = collector(1)
  const backend = backendOf({ exporter, advice: ' Is it there?' })
  onTestFinished(() => backend.shutdown())
  for (let n = 0; n < 3; n++) {
    backend.accept(makeSpan(), undefined)
    await backend.flush(undefined)
  }
  await eventually(() => expect(warnings).toHaveLength(1))
  expect(warnings).toEqual(['otlp has taken no spans: refused. Is it there?'])
  expect(lines).toEqual([`spanhouse: ${warnings[0]}`])
})

test('a batch that waits for its resource is flushed with the others', async () => {
  const { exporter, spans } = collector()
  let detected = (_: object) => {}
  const attributes = new Promise<object>((resolve) => {
    detected = resolve
  })
  const resource = {
    asyncAttributesPending: true,
    attributes: {},
    async waitForAsyncAttributes() {
      await attributes
      resource.asyncAttributesPending = false
    },
  }
  // It begins to export at once, and then waits for the resource.
  const processorOf = (to: SdkExporter) =>
    batchSpanProcessor(to as never, { maxExportBatchSize: 1 }) as unknown as SdkProcessor
  const backend = backendOf({ exporter, processorOf })
  const tracer = new TracerProvider({ resource: resource as never }).getTracer('test')
  const span = tracer.startSpan('early')
  span.end()
  backend.accept(span as never, undefined)
  const closed = backend.shutdown()
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  expect(spans).toHaveLength(0)
  detected({})
  await closed
  expect(spans).toHaveLength(1)
})
