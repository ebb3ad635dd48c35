import { expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, processorTo, spans } from '../../../../test/kit/exporters.js'
import { until } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { clock } from '../../src/common/clock.js'
import { RequestSize } from '../../src/delivery/request-size.js'

/** From now on this much later, for whatever asks the clock. Timers run as always. */
function later(ms: number): void {
  const now = clock.now
  clock.now = () => now() + ms
  onTestFinished(() => {
    clock.now = now
  })
}

const MAX_BODY = 150_000

/** A proxy that takes bodies up to a length. */
async function narrowProxy() {
  const server = await scriptedServer({
    each: ({ isInsert, body }) =>
      isInsert && body.length > MAX_BODY
        ? { status: 413, body: '<html><title>413 Request Entity Too Large</title></html>' }
        : 'ok',
  })
  const refused = () => server.inserts.filter(({ body }) => body.length > MAX_BODY).length
  return { server, refused }
}

const LARGE = { text: 'x'.repeat(10_000) }

test('after a proxy has refused a request for its size, batches are smaller for ten minutes, and one line says what to do', async () => {
  const lines = diagLines()
  const { server, refused } = await narrowProxy()
  const processor = processorTo({ endpoint: server.url, compression: { codec: 'none' } })
  /** As many rows as make several of the largest batches that the proxy takes. */
  const send = async (name: string) => {
    for (const span of spans(60, name, LARGE)) processor.onEnd(span as never)
    await processor.forceFlush()
  }
  await send('first')
  const atFirst = refused()
  expect(atFirst).toBeGreaterThan(0)
  await send('second')
  await send('third')
  expect(refused()).toBe(atFirst)
  const said = lines.filter((line) => line.includes('too large'))
  expect(said).toEqual([
    expect.stringMatching(
      /a request with 60 rows was too large: HTTP status 413: 413 Request Entity Too Large\. They are divided, and later batches are smaller\. Raise the limit of the proxy .*client_max_body_size.*`batch\.maxBytes`\.$/,
    ),
  ])
  later(600_000)
  await send('fourth')
  expect(refused()).toBeGreaterThan(atFirst)
  expect(statsOf(processor)).toMatchObject({ delivered: 240, dropped: {}, waiting: 0 })
  expect(server.rows).toHaveLength(240)
})

test('a destination that takes large batches gets smaller ones too, if it shares them with one that does not', async () => {
  const { server, refused } = await narrowProxy()
  const wide = await scriptedServer()
  const exporter = exporterTo({
    compression: { codec: 'none' },
    destinations: [
      { name: 'narrow', endpoint: server.url },
      { name: 'wide', endpoint: wide.url },
    ],
  })
  await exported(exporter, spans(60, 'first', LARGE))
  await until(() => statsOf(exporter, 'narrow').delivered === 60)
  const atFirst = refused()
  await exported(exporter, spans(60, 'second', LARGE))
  await until(() => statsOf(exporter, 'narrow').delivered === 120)
  expect(refused()).toBe(atFirst)
  for (const { rows } of [server, wide]) expect(rows).toHaveLength(120)
})

test('a batch that is divided because of a row says nothing about the size of others', async () => {
  const server = await scriptedServer({
    each: ({ rows }) =>
      rows.some((row) => row['span_name'] === 'bad 7') && rows.length > 0
        ? { status: 400, code: 27, body: 'Code: 27. Cannot parse' }
        : 'ok',
  })
  const exporter = exporterTo({ endpoint: server.url, compression: { codec: 'none' } })
  await exported(exporter, spans(60, 'bad', LARGE))
  await until(() => statsOf(exporter).waiting === 0)
  await exported(exporter, spans(60, 'good', LARGE))
  expect(server.inserts.at(-1)?.rows).toHaveLength(60)
})

test('what was refused is remembered for ten minutes from the last refusal, and never makes batches tiny', () => {
  const size = new RequestSize()
  expect(size.maxBytes).toBe(Number.POSITIVE_INFINITY)
  size.refused(8_000_000)
  expect(size.maxBytes).toBe(4_000_000)
  size.refused(1_000_000)
  expect(size.maxBytes).toBe(500_000)
  size.refused(8_000_000) // it was sealed before
  expect(size.maxBytes).toBe(500_000)
  later(599_000)
  expect(size.maxBytes).toBe(500_000)
  size.refused(1000)
  expect(size.maxBytes).toBe(65_536)
  later(599_000)
  expect(size.maxBytes).toBe(65_536)
  later(1000)
  expect(size.maxBytes).toBe(Number.POSITIVE_INFINITY)
})
