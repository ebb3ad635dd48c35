import { DiagLogLevel, diag } from '@opentelemetry/api'
import { describe, expect, onTestFinished, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { turn } from '../../src/common/clock.js'
import type { ExportResult } from '../../src/pipeline/exports.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import type { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'
import { pipelineOf, SIGNALS } from '../delivery/signals-kit.js'

// The application may run in the middle of ours: in a getter of an attribute's while its row is written, and in onDrop.

/** A span with an attribute whose value is asked for while the row is written. */
function spanThatRuns(run: () => void) {
  const attributes = Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      run()
      return 'y'
    },
  })
  return makeSpan({ name: 'outer', attributes })
}

test('a span that ends while another one is written is counted at once, and flushed with it', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  to.onEnd(makeSpan({ name: 'before' }))
  to.onEnd(spanThatRuns(() => to.onEnd(makeSpan({ name: 'inner' }))))
  expect(statsOf(to)).toMatchObject({ accepted: 3, waiting: 3 })
  await to.forceFlush()
  expect(server.rows.map((row) => row['span_name']).sort()).toEqual(['before', 'inner', 'outer'])
  const outer = server.rows.find((row) => row['span_name'] === 'outer')
  expect(outer).toMatchObject({ attributes: { x: 'y' } })
})

test('a flush that is asked for while a row is written waits for that row and those before it', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url })
  let flushed: Promise<void> | undefined
  to.onEnd(makeSpan({ name: 'before' }))
  to.onEnd(
    spanThatRuns(() => {
      flushed = to.forceFlush()
    }),
  )
  await flushed
  expect(statsOf(to)).toMatchObject({ accepted: 2, delivered: 2, waiting: 0 })
})

test('an export that begins while a row is written is answered when its own rows are delivered', async () => {
  const server = await scriptedServer()
  const to = new ClickHouseSpanExporter({ endpoint: server.url })
  onTestFinished(() => to.shutdown())
  const exported = (...spans: ReturnType<typeof makeSpan>[]) =>
    new Promise<ExportResult>((resolve) => to.export(spans, resolve))
  let inner: Promise<ExportResult> | undefined
  const outer = spanThatRuns(() => {
    inner = exported(makeSpan({ name: 'inner' })).then((result) => {
      expect(server.rows.map((row) => row['span_name'])).toContain('inner')
      return result
    })
  })
  expect(await exported(outer)).toEqual({ code: 0 })
  expect(await inner).toEqual({ code: 0 })
})

test('an onDrop that ends a span each time, which is dropped in its turn, does not hold up the application', async () => {
  let drops = 0
  const to: ClickHouseSpanProcessor = processorTo({
    endpoint: 'http://127.0.0.1:1',
    limits: { rowBytes: 10 },
    onDrop: () => {
      drops++
      if (drops < 1000) to.onEnd(makeSpan({ name: 'dropped, too' }))
    },
  })
  to.onEnd(makeSpan({ name: 'dropped' }))
  for (let n = 0; n < 10; n++) await turn()
  expect(drops).toBeGreaterThan(3)
  expect(drops).toBeLessThan(100)
  const { accepted = 0, dropped = {}, waiting = 0 } = statsOf(to) ?? {}
  expect(accepted).toBe((dropped.too_large ?? 0) + waiting)
})

describe('a logger of diag whose lines come back as records of the same pipeline', () => {
  /** Every line becomes a record, as a bridge from diag to a log exporter makes it. */
  function linesTo(to: ReturnType<typeof pipelineOf>): string[] {
    const lines: string[] = []
    const say = (...words: unknown[]) => {
      if (to.closed) return // as the processors do
      lines.push(words.map(String).join(' '))
      to.accept(makeSpan({ name: `line ${lines.length}` }))
    }
    const logger = { error: say, warn: say, info: say, debug: say, verbose: say }
    diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
    onTestFinished(() => diag.disable())
    return lines
  }

  test.each(SIGNALS)(
    'do not loop while the server is away, and arrive when it is back (%s)',
    async (signal) => {
      const server = await scriptedServer({ status: 503 })
      const to = pipelineOf(signal, { endpoint: server.url, batch: { maxDelayMs: 1 } })
      const lines = linesTo(to)
      to.accept(makeSpan({ name: 'first' }))
      await server.received(30)
      expect(lines).toHaveLength(1)
      expect(statsOf(to)).toMatchObject({ accepted: 2 })
      server.follow('ok')
      await eventually(() => expect(statsOf(to)).toMatchObject({ delivered: 3, waiting: 0 }))
      await to.flush()
      expect(lines).toHaveLength(2) // that it is back
      expect(server.rows.map((row) => row['span_name'])).toEqual(
        expect.arrayContaining(['first', 'line 1', 'line 2']),
      )
    },
  )

  test('do not loop while rows are dropped: as one too long, from a full queue, or at the end', async () => {
    const server = await scriptedServer('hang')
    const to = pipelineOf('logs', {
      endpoint: server.url,
      limits: { rowBytes: 2000 },
      queue: { maxBytes: 40_000 },
      batch: { maxRows: 10, maxBytes: 5000 },
      timeoutMs: 60_000,
    })
    const lines = linesTo(to)
    to.accept(makeSpan({ name: 'x'.repeat(3000) }))
    for (let n = 0; n < 500; n++) to.accept(makeSpan({ name: `${n} ${'y'.repeat(500)}` }))
    await eventually(() => expect(statsOf(to).dropped.queue_full).toBeGreaterThan(0))
    expect(statsOf(to).dropped.too_large).toBe(1)
    await to.shutdown()
    expect(lines.length).toBeLessThan(6)
    const { accepted, dropped, waiting } = statsOf(to)
    expect(waiting).toBe(0)
    expect(accepted).toBe(501 + lines.length)
    expect(Object.values(dropped).reduce((sum, rows) => sum + rows, 0)).toBe(accepted)
  })
})
