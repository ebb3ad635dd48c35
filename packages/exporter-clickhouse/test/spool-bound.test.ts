import { expect, test } from 'vitest'
import { exporterTo } from '../../../test/kit/exporters.js'
import { eventually } from '../../../test/kit/patience.js'
import { scriptedServer } from '../../../test/kit/scripted-server.js'
import { statsOf } from '../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../transform/test/spans.js'
import { filesIn } from './spool-kit.js'

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
