import { expect, test } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'

test('behind a server that hangs an export is answered after a second, and the next ones at once', async () => {
  const server = await scriptedServer('hang')
  const to = exporterTo({ endpoint: server.url, timeoutMs: 10_000 })
  expect(await exported(to, spans(1))).toEqual({ code: 0 })
  const startedAt = performance.now()
  for (let n = 0; n < 10; n++) expect(await exported(to, spans(1))).toEqual({ code: 0 })
  expect(performance.now() - startedAt).toBeLessThan(10 * 900)
})

test('a batch that ran into its deadline gets more time: a link that is merely slow takes it in the end', async () => {
  const server = await scriptedServer({
    each:
      ({ isInsert }) =>
      (_, response) =>
        // More than a busy machine could add to a deadline, and less than two doublings of it.
        setTimeout(() => response.end(), isInsert ? 850 : 0),
  })
  const to = exporterTo({
    endpoint: server.url,
    timeoutMs: 250,
  })
  await exported(to, spans(1))
  await eventually(() => expect(statsOf(to).delivered).toBe(1))
})

test('attempts that a flush asked for are none of those after which rows are given up', async () => {
  const server = await scriptedServer({ status: 503 })
  const to = exporterTo({
    endpoint: server.url,
    retry: { maxRetries: 1, initialDelayMs: 60_000, maxDelayMs: 60_000 },
  })
  await exported(to, spans(1))
  for (let errors = 2; errors < 5; errors++) {
    const flushed = to.forceFlush({ timeoutMs: 10 }).catch(() => {})
    await eventually(() => expect(statsOf(to).errors).toBe(errors))
    await flushed
  }
  expect(statsOf(to)).toMatchObject({ dropped: {}, waiting: 1 })
})

test('a batch that a server refuses again and again does not hold up those behind it', async () => {
  const server = await scriptedServer({
    each: ({ rows }) =>
      rows.some((row) => row['span_name'] === 'bad') ? { status: 500, code: 1001 } : 'ok',
  })
  const to = exporterTo({ endpoint: server.url })
  await exported(to, [makeSpan({ name: 'bad' })])
  await exported(to, [makeSpan({ name: 'good' })])
  await eventually(() => expect(server.rows.map((row) => row['span_name'])).toEqual(['good']))
})

test('a server that hung gets no rows before it answers a ping', async () => {
  const server = await scriptedServer('hang')
  const to = exporterTo({
    endpoint: server.url,
    timeoutMs: 100,
  })
  await exported(to, spans(1))
  await eventually(() => expect(statsOf(to).errors).toBeGreaterThanOrEqual(2))
  expect(server.inserts).toHaveLength(1)
})
