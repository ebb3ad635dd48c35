import { expect, onTestFinished, test } from 'vitest'
import { flushed } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Options } from '../../src/config/options.js'
import { Departures } from '../../src/delivery/departures.js'
import { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'

/** What Node warns of while a test runs. */
function warnings(): string[] {
  const found: string[] = []
  const listener = (warning: Error) => found.push(`${warning.name}: ${warning.message}`)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  return found
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('sixteen destinations, many batches and many flushes at once are no leak that Node warns of', async () => {
  const found = warnings()
  const server = await scriptedServer('ok')
  const destinations = Array.from({ length: 16 }, (_, n) => ({
    name: `d${n}`,
    endpoint: server.url,
    database: `d${n}`,
  }))
  const options: Options = { destinations, batch: { maxRows: 2 } }
  const processor = new ClickHouseSpanProcessor(options)
  for (let n = 0; n < 40; n++) processor.onEnd(makeSpan({ name: `span ${n}` }))
  await Promise.all(Array.from({ length: 12 }, () => flushed(processor)))
  await Promise.all(Array.from({ length: 12 }, () => processor.shutdown()))
  for (const one of Object.values(processor.stats().destinations))
    expect(one).toMatchObject({ accepted: 40, delivered: 40 })
  await turn()
  expect(found).toEqual([])
})

test('who was told that things are gone leaves nothing on a signal that lives on', async () => {
  const found = warnings()
  const departures = new Departures<number>()
  const { signal } = new AbortController()
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = ((...of: Parameters<typeof add>) => {
    listeners++
    add(...of)
  }) as typeof signal.addEventListener
  signal.removeEventListener = ((...of: Parameters<typeof remove>) => {
    listeners--
    remove(...of)
  }) as typeof signal.removeEventListener
  const waits = Array.from({ length: 50 }, (_, n) => departures.whenGone([n], signal))
  expect(listeners).toBe(50)
  for (let n = 0; n < 50; n++) departures.gone(n)
  await Promise.all(waits)
  expect(listeners).toBe(0)
  await turn()
  expect(found).toEqual([])
})
