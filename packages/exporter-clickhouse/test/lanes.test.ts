import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from '../../../test/kit/scripted-server.js'
import { makeSpan } from '../../transform/test/spans.js'
import type { Options } from '../src/config/options.js'
import { ClickHouseSpanProcessor } from '../src/traces/span-processor.js'

function processor(options: Options): ClickHouseSpanProcessor {
  const made = new ClickHouseSpanProcessor({ shutdownTimeoutMs: 20, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

test('destinations that compress in different ways get bytes of their own', async () => {
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const to = processor({
    destinations: [
      { name: 'a', endpoint: a.url, compression: { codec: 'none' } },
      { name: 'b', endpoint: b.url },
    ],
  })
  to.onEnd(makeSpan())
  await to.forceFlush()
  const encodings = [a, b].map(({ inserts }) => inserts[0]?.headers['content-encoding'])
  expect(encodings).toEqual([undefined, 'gzip'])
})

test('rows of more than eight resources come whole, in one batch', async () => {
  const server = await scriptedServer()
  const to = processor({ endpoint: server.url })
  for (let n = 0; n < 20; n++)
    to.onEnd(makeSpan({ resource: { attributes: { 'service.name': `service ${n}` } } }))
  await to.forceFlush()
  const names = server.rows.map((row) => String(row['service_name'])).sort()
  expect(names).toEqual(Array.from({ length: 20 }, (_, n) => `service ${n}`).sort())
  expect(server.inserts.map(({ rows }) => rows.length).sort()).toEqual([...Array(8).fill(1), 12])
})
