import fc from 'fast-check'
import { expect, test } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { flushed, LONG } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'

const resources = new Map<number, { attributes: Record<string, string> }>()
function resourceOf(n: number) {
  const resource = resources.get(n) ?? { attributes: { 'service.name': `service ${n}` } }
  resources.set(n, resource)
  return resource
}

test('rows of a ninth resource are neither left behind nor uncounted when the first eight are sealed', async () => {
  const server = await scriptedServer()
  const to = processorTo({ endpoint: server.url, batch: { maxRows: 10 } })
  for (let n = 0; n < 8; n++) to.onEnd(makeSpan({ resource: resourceOf(n) }))
  for (let n = 0; n < 15; n++) to.onEnd(makeSpan({ resource: resourceOf(8) }))
  expect(statsOf(to).accepted).toBe(23)
  await flushed(to)
  expect(statsOf(to)).toMatchObject({ accepted: 23, delivered: 23, waiting: 0 })
  expect(server.rows).toHaveLength(23)
})

let runs = 0
/** What is done, in this order: a span of that resource ends, or everything is flushed. */
const steps = fc.array(
  fc.oneof(
    { weight: 60, arbitrary: fc.nat({ max: 12 }) },
    { weight: 20, arbitrary: fc.constant(12) },
    { weight: 1, arbitrary: fc.constant('flush' as const) },
  ),
  { minLength: 1, maxLength: 120, size: 'max' },
)
const limits = fc.record({
  maxRows: fc.integer({ min: 1, max: 30 }),
  maxBytes: fc.constantFrom(300, 2000, 1_000_000, 1_000_000),
})

test.each([
  ['in memory', async () => ({})],
  ['with a spool', async () => ({ spool: { directory: temporaryDirectory(), fsync: 'never' } })],
] as const)(
  'whatever the resources, limits and order, each span is counted at once and is there after a flush, %s',
  async (_, options) => {
    const server = await scriptedServer()
    await fc.assert(
      fc.asyncProperty(steps, limits, async (order, batch) => {
        const before = server.rows.length
        const run = runs++ // equal batches would be taken for one
        const to = processorTo({ endpoint: server.url, batch, ...(await options()) })
        let ended = 0
        for (const step of order) {
          if (step === 'flush') await flushed(to)
          else
            to.onEnd(makeSpan({ resource: resourceOf(step), name: `run ${run}, span ${ended++}` }))
          expect(statsOf(to).accepted).toBe(ended)
        }
        await flushed(to)
        expect(statsOf(to)).toMatchObject({ accepted: ended, delivered: ended, waiting: 0 })
        const names = server.rows.slice(before).map((row) => row['span_name'])
        expect(new Set(names).size).toBe(ended)
        expect(names).toHaveLength(ended)
        await to.shutdown()
      }),
      { numRuns: LONG ? 25 : 8 },
    )
  },
)
