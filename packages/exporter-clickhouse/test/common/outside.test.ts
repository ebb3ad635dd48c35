import { AsyncLocalStorage } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { exported, exporterTo, processorTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'

const requests = new AsyncLocalStorage<object>()
setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Serves requests of an application, each of which does this. Returns those that are kept when all have been answered. */
async function keptAfter(count: number, serve: () => unknown): Promise<() => number> {
  const served: WeakRef<object>[] = []
  for (let n = 0; n < count; n++) {
    const request = { n }
    served.push(new WeakRef(request))
    await requests.run(request, async () => serve())
  }
  return () => {
    collect()
    return served.filter((one) => one.deref()).length
  }
}

test('batches that wait keep nothing of the requests in which their spans ended', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const exporter = exporterTo({ endpoint })
  const processor = processorTo({ endpoint, batch: { maxRows: 1 } })
  const [span] = spans(1)
  const kept = await keptAfter(50, async () => {
    await exported(exporter, spans(1))
    if (span) processor.onEnd(span)
  })
  expect(statsOf(exporter).waiting + statsOf(processor).waiting).toBe(100)
  await eventually(() => expect(kept()).toBeLessThanOrEqual(2)) // the last ones may be on the stack
})

test('connections keep nothing of the request in which they were made', async () => {
  const server = await scriptedServer()
  const exporter = exporterTo({ endpoint: server.url })
  const kept = await keptAfter(1, () => exported(exporter, spans(1)))
  await exported(exporter, spans(1))
  await eventually(() => expect(kept()).toBe(0))
})
