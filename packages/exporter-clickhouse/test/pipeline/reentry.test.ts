import { expect, onTestFinished, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { turn } from '../../src/common/clock.js'
import type { ExportResult } from '../../src/pipeline/exports.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import type { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

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
