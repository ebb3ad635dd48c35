import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { diag } from '@opentelemetry/api'
import { afterEach, describe, expect, test } from 'vitest'
import { exported, exporterTo } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { expectAllToAddUp, statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'

afterEach(() => diag.disable())

describe('the queue', () => {
  const big = (name: string) =>
    makeSpan({ name, attributes: { filler: 'x'.repeat(2000) }, events: [], links: [] })

  async function overflow(whenFull: 'drop_oldest' | 'drop_newest') {
    const port = await freePort()
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${port}`,
      compression: { codec: 'none' },
      queue: { maxBytes: 20_000, whenFull },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    const codes: number[] = []
    for (let n = 1; n <= 20; n++) {
      codes.push((await exported(to, [big(`span ${n}`)])).code)
      expect(statsOf(to).waitingBytes).toBeLessThanOrEqual(20_000)
      expectAllToAddUp(to)
    }
    const { waiting, dropped } = statsOf(to)
    expect(waiting).toBeGreaterThan(4)
    expect(dropped).toEqual({ queue_full: 20 - waiting })
    const server = await scriptedServer('ok', port)
    await to.forceFlush()
    expect(server.rows).toHaveLength(waiting)
    expect(statsOf(to).waitingBytes).toBe(0)
    return {
      codes,
      waiting,
      kept: server.rows.map((row) => Number(String(row['span_name']).slice(5))),
    }
  }

  test('drops the oldest rows', async () => {
    const { kept, waiting, codes } = await overflow('drop_oldest')
    expect(kept.sort((a, b) => a - b)).toEqual(
      Array.from({ length: waiting }, (_, n) => 20 - waiting + 1 + n),
    )
    expect(codes).toEqual(Array(20).fill(0))
  })

  test('or the newest, whose export fails', async () => {
    const { kept, waiting, codes } = await overflow('drop_newest')
    expect(kept.sort((a, b) => a - b)).toEqual(Array.from({ length: waiting }, (_, n) => n + 1))
    expect(codes).toEqual([...Array(waiting).fill(0), ...Array(20 - waiting).fill(1)])
  })

  test('never drops what may have been written', async () => {
    const server = await scriptedServer({
      each: ({ rows }) =>
        rows[0]?.['span_name'] === 'first' ? 'lose the answer' : { status: 503 },
    })
    const to = exporterTo({
      endpoint: server.url,
      compression: { codec: 'none' },
      queue: { maxBytes: 10_000 },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    await exported(to, [big('first')])
    for (let n = 1; n <= 10; n++) await exported(to, [big(`span ${n}`)])
    server.follow('ok')
    await to.forceFlush()
    const attempts = server.inserts.filter(({ rows }) => rows[0]?.['span_name'] === 'first')
    expect(attempts.length).toBeGreaterThan(1)
    expect(statsOf(to).dropped['queue_full']).toBeGreaterThan(5)
    expectAllToAddUp(to)
  })

  test('is not emptied for a batch that can never have room', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      compression: { codec: 'none' },
      queue: { maxBytes: 20_000 },
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    for (let n = 1; n <= 3; n++) expect((await exported(to, [big(`span ${n}`)])).code).toBe(0)
    const huge = makeSpan({ attributes: { filler: 'x'.repeat(40_000) } })
    expect((await exported(to, [huge])).code).toBe(1)
    expect(statsOf(to)).toMatchObject({ waiting: 3, dropped: { queue_full: 1 } })
  })

  test('holds no more memory than it says', async () => {
    const to = exporterTo({
      endpoint: `http://127.0.0.1:${await freePort()}`,
      retry: { initialDelayMs: 60_000, maxDelayMs: 60_000, maxRetries: 100 },
    })
    const before = liveBuffers()
    for (let n = 0; n < 50; n++)
      await exported(
        to,
        Array.from({ length: 200 }, (_, i) => big(`${n} ${i}`)),
      )
    const held = statsOf(to).waitingBytes
    const grown = liveBuffers() - before
    expect(held).toBeLessThan(2_000_000)
    expect(grown).toBeLessThan(held + 4_000_000)
  })
})

/** What is still in use, without the garbage. */
function liveBuffers(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().arrayBuffers
}
