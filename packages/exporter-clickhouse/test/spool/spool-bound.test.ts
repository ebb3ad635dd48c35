import { randomBytes } from 'node:crypto'
import fsPromises from 'node:fs/promises'
import type { SpanLike } from '@spanhouse/transform'
import { describe, expect, test } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { followGlobalClock } from '../global-clock.js'
import { filesIn } from './spool-kit.js'

followGlobalClock()

const AWAY: Behaviour = { status: 502 }

/** Spans whose rows hardly compress. */
function bulky(count: number): SpanLike[] {
  return Array.from({ length: count }, () =>
    makeSpan({ name: 'bulky', attributes: { bytes: randomBytes(500).toString('hex') } }),
  )
}

test('what is delivered is not on disk any more', async () => {
  const directory = temporaryDirectory()
  const server = await scriptedServer()
  const to = exporterTo({ endpoint: server.url, spool: { directory } })
  to.export([makeSpan()], () => {})
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 1, spooledBytes: 0 })
  await eventually(async () => expect(await filesIn(directory)).toEqual([]))
})

test('batches that come at once take no more of the disk than they may', async () => {
  const server = await scriptedServer('hang')
  const maxBytes = 5000
  const spool = { directory: temporaryDirectory(), maxBytes }
  const to = exporterTo({ endpoint: server.url, spool })
  let answers = 0
  for (let n = 0; n < 20; n++) to.export([makeSpan()], () => answers++)
  await eventually(() => {
    expect(statsOf(to).spooledBytes).toBeLessThanOrEqual(maxBytes)
    expect(answers).toBe(20)
  })
  expect(statsOf(to).spooledBytes).toBeGreaterThan(0)
  expect(statsOf(to).dropped.spool_full).toBeGreaterThan(0)
})

describe('the spool', () => {
  test('deleted under way: what was only there is counted, and nothing is taken back', async () => {
    const directory = temporaryDirectory()
    const server = await scriptedServer(AWAY)
    const to = exporterTo({
      endpoint: server.url,
      spool: { directory },
      queue: { maxBytes: 80_000 },
    })
    for (let n = 0; n < 20; n++) await exported(to, bulky(20))
    expect(statsOf(to)).toMatchObject({ accepted: 400, waiting: 400, dropped: {} })
    await fsPromises.rm(directory, { recursive: true })
    server.follow('ok')
    await to.forceFlush()
    const { accepted, delivered, dropped, waiting } = statsOf(to)
    expect({ accepted, waiting }).toEqual({ accepted: 400, waiting: 0 })
    expect(dropped['spool_corrupt']).toBeGreaterThan(0)
    expect(delivered + (dropped['spool_corrupt'] ?? 0)).toBe(400)
  })

  test('loses to a batch larger than itself only that batch', async () => {
    const spool = { directory: temporaryDirectory(), maxBytes: 50_000 }
    const to = exporterTo({ endpoint: `http://127.0.0.1:${await freePort()}`, spool })
    for (let n = 0; n < 5; n++) await exported(to, spans(10))
    await exported(to, bulky(200))
    expect(statsOf(to)).toMatchObject({ waiting: 50, dropped: { spool_full: 200 } })
  })
})
