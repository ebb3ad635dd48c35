import { expect, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { makeSpan } from '../../../transform/test/spans.js'

test('destinations that compress in different ways get bytes of their own', async () => {
  const [a, b] = [await scriptedServer(), await scriptedServer()]
  const to = processorTo({
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
  const to = processorTo({ endpoint: server.url })
  for (let n = 0; n < 20; n++)
    to.onEnd(makeSpan({ resource: { attributes: { 'service.name': `service ${n}` } } }))
  await to.forceFlush()
  const names = server.rows.map((row) => String(row['service_name'])).sort()
  expect(names).toEqual(Array.from({ length: 20 }, (_, n) => `service ${n}`).sort())
  // Small batches that have to wait may be sent together, so only that of the other twelve is certain.
  expect(server.inserts.map(({ rows }) => rows.length)).toContain(12)
})
