import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../../../test/kit/scripted-server.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { Options } from '../src/config/options.js'
import { ClickHouseSpanExporter } from '../src/traces/span-exporter.js'
import { filesIn, spools, until } from './spool-kit.js'

const { directory: newDirectory } = spools()

function exporter(options: Options) {
  const made = new ClickHouseSpanExporter({ shutdownTimeoutMs: 20, ...options })
  onTestFinished(() => made.shutdown())
  const only = () => made.stats().destinations['primary']
  return { made, only }
}

test('what is delivered is not on disk any more', async () => {
  const directory = await newDirectory()
  const server = await scriptedServer()
  const { made, only } = exporter({ endpoint: server.url, spool: { directory } })
  made.export([makeSpan()], () => {})
  await made.forceFlush()
  expect(only()).toMatchObject({ delivered: 1, spooledBytes: 0 })
  await until(async () => expect(await filesIn(directory)).toEqual([]))
})

test('batches that come at once take no more of the disk than they may', async () => {
  const server = await scriptedServer('hang')
  const maxBytes = 5000
  const spool = { directory: await newDirectory(), maxBytes }
  const { made, only } = exporter({ endpoint: server.url, spool })
  let answers = 0
  for (let n = 0; n < 20; n++) made.export([makeSpan()], () => answers++)
  await until(() => {
    expect(only()?.spooledBytes).toBeLessThanOrEqual(maxBytes)
    expect(answers).toBe(20)
  })
  expect(only()?.spooledBytes).toBeGreaterThan(0)
  expect(only()?.dropped.spool_full).toBeGreaterThan(0)
})
