import { expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { flushed } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { spanProcessorsFromEnv } from '../../src/backends/from-env.js'

function processorFrom(env: Record<string, string>) {
  const [processor, ...others] = spanProcessorsFromEnv(env)
  if (!processor || others.length > 0) throw new Error('exactly one processor is expected')
  onTestFinished(() => processor.shutdown())
  return processor
}

test('clickhouse sends spans to the ClickHouse of the environment, and one line says so', async () => {
  const server = await scriptedServer()
  const lines = diagLines()
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
  const lines = diagLines()
  const processor = processorFrom({ OTEL_TRACES_EXPORTER: 'none' })
  processor.onEnd(makeSpan())
  await flushed(processor)
  expect(lines).toEqual(['spanhouse: no traces are exported (OTEL_TRACES_EXPORTER=none)'])
})
