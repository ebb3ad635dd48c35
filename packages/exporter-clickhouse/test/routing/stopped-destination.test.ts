import { afterEach, expect, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, processorTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually, flushed } from '../../../../test/kit/patience.js'
import { namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

afterEach(() => {
  vi.unstubAllEnvs()
})

function setVariable(name: string, text: string): void {
  vi.stubEnv(`OTEL_EXPORTER_CLICKHOUSE_${name}`, text)
  vi.stubEnv('OTEL_EXPORTER_CLICKHOUSE_WARNINGS', 'false')
}

test('a destination whose redaction cannot be read gets nothing, and its rows are counted; others get all', async () => {
  setVariable('REDACT_VALUES', '[email,credit_card]')
  const lines = diagLines()
  const onDrop = vi.fn()
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const exporter = exporterTo({
    endpoint: a.url,
    onDrop,
    destinations: [{ name: 'b', endpoint: b.url, redact: { values: ['email'] } }],
  })
  expect(await exported(exporter, spans(3))).toEqual({ code: 0 })
  await exporter.forceFlush()
  expect(a.requests).toEqual([])
  expect(namesIn(b)).toEqual(['span 1', 'span 2', 'span 3'])
  expect(statsOf(exporter, 'primary')).toMatchObject({
    accepted: 3,
    dropped: { misconfigured: 3 },
    requests: 0,
    failing: true,
    lastError: 'OTEL_EXPORTER_CLICKHOUSE_REDACT_VALUES cannot be read, so nothing is sent',
  })
  expect(statsOf(exporter, 'b')).toMatchObject({ delivered: 3, dropped: {} })
  expect(onDrop.mock.calls.every((call) => call.join() === '1,misconfigured,primary')).toBe(true)
  expect(lines).toEqual([
    'spanhouse: OTEL_EXPORTER_CLICKHOUSE_REDACT_VALUES must be names with commas in between, or a list as JSON. It may say what must not be sent, so nothing is sent to primary until it is corrected: rows are dropped as `misconfigured`.',
    expect.stringContaining('lost 1 rows (misconfigured)'),
  ])
})

test('an export that reaches no destination fails, so that the SDK says so', async () => {
  setVariable('FILTER', '{"drop":[{}]}')
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url })
  expect(await exported(exporter, spans(2))).toMatchObject({ code: 1 })
  expect(server.requests).toEqual([])
})

test('spans of a processor are counted as they come, and nothing waits at a flush or at the end', async () => {
  setVariable('REDACT_DENNY', '*password*')
  const server = await scriptedServer()
  const processor = processorTo({ endpoint: server.url, sample: { rate: 0 } })
  for (const span of spans(5)) processor.onEnd(span as never)
  expect(statsOf(processor)).toMatchObject({ dropped: { misconfigured: 5 }, waiting: 0 })
  await processor.forceFlush()
  await processor.shutdown()
  processor.onEnd(makeSpan() as never)
  expect(server.requests).toEqual([])
})

test('what waits on disk stays there until the variable is corrected, and what waits for other destinations is sent', async () => {
  const spool = { directory: temporaryDirectory() }
  const to = (endpoint: string, other: string) => ({
    endpoint,
    spool,
    destinations: [{ name: 'b', endpoint: other, redact: { hash: ['id'] } }],
  })
  const nowhere = `http://127.0.0.1:${await freePort()}`
  const before = exporterTo(to(nowhere, nowhere))
  await exported(before, spans(2, 'early'))
  await before.shutdown()

  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const lines = diagLines()
  setVariable('REDACT_HASH', 'user.*,')
  const stopped = exporterTo(to(a.url, b.url))
  await exported(stopped, spans(1, 'never'))
  await eventually(() => expect(namesIn(b).sort()).toEqual(['early 1', 'early 2', 'never 1']))
  await flushed(stopped)
  expect(statsOf(stopped, 'primary')).toMatchObject({ accepted: 1, waiting: 0 })
  await stopped.shutdown()
  expect(a.requests).toEqual([])
  expect(lines.filter((line) => line.includes('not one of the configured'))).toEqual([])

  setVariable('REDACT_HASH', 'user.*')
  const after = exporterTo(to(a.url, b.url))
  await exported(after, spans(1, 'late'))
  await eventually(() => expect(namesIn(a).sort()).toEqual(['early 1', 'early 2', 'late 1']))
  expect(namesIn(b)).toHaveLength(4)
  await after.shutdown()
})
