import { expect, onTestFinished, test } from 'vitest'
import { insertsOnly } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { wireOf } from '../kit/http-wire.js'
import { allWell } from '../kit/oracle.js'
import { flushed, LONG } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { Exports, exporterTo } from './exports.js'

// More than the buffers of the two sockets hold together, and less than a batch.
const ROWS = 2500
const ROW_BYTES = 2000

/** A server that answers before it has read the rows, and then resets the connection because it will not read them. */
async function answeredEarly(status: number) {
  const memory = new MemoryClickHouse()
  const early = insertsOnly(async (exchange) => {
    server.behaviour = answer
    await exchange.read(1000)
    await exchange.send(wireOf({ status, headers: { 'retry-after': '0.01' }, body: '' }))
    exchange.reset()
  })
  const server = await new ScriptedClickHouse(memory).listen()
  onTestFinished(() => server.close())
  const uncaught: Error[] = []
  const listener = (error: Error) => void uncaught.push(error)
  process.on('uncaughtException', listener)
  onTestFinished(() => void process.off('uncaughtException', listener))
  const exporter = exporterTo({ endpoint: server.url, retry: { initialDelayMs: 20 } })
  const exports = new Exports(exporter)
  // Of a server that has taken rows nobody believes at once that it never will. And after much, much fits in a batch.
  server.behaviour = answer
  await exports.export(1, { bytes: ROWS * ROW_BYTES, resource: 0 })
  server.resetAll() // the buffers of the next connection have not grown so much yet
  server.behaviour = early
  await exports.export(ROWS, { bytes: ROW_BYTES, resource: 0 })
  await flushed(exporter)
  const { rows } = memory.table('telemetry.traces')
  return { verdict: exports.oracle.judge('primary', rows), stats: statsOf(exporter), uncaught }
}

test('an answer of 200 that comes before the rows have left is no acknowledgement, and the reset does not end the application', async () => {
  const { verdict, stats, uncaught } = await answeredEarly(200)
  expect(verdict).toEqual(allWell(ROWS + 1))
  expect(stats).toMatchObject({ delivered: ROWS + 1, errors: 1 })
  expect(uncaught).toEqual([])
})

// Proxies answer like this to a body that is too large, servers to a wrong password: without reading on.
test.each([403, 413, ...(LONG ? [503] : [])])(
  'an answer of %i and a reset in the middle of the rows do not end the application',
  async (status) => {
    const { verdict, uncaught } = await answeredEarly(status)
    expect(uncaught).toEqual([])
    expect(verdict).toEqual(allWell(ROWS + 1))
  },
)
