import { expect, onTestFinished, test } from 'vitest'
import { commitsAndCuts, insertsOnly, readsAndEnds } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { wireOf } from '../kit/http-wire.js'
import { allWell } from '../kit/oracle.js'
import { LONG, until } from '../kit/patience.js'
import { startProxy } from '../kit/proxy.js'
import { answer, type Behaviour, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { Exports, exporterTo } from './exports.js'
import { faultsOf } from './figures.js'

const ROWS = 2
const EVERY = LONG ? 1 : 3
const count = faultsOf('connections cut byte by byte')

async function exporterWithATable(
  server: ScriptedClickHouse,
  memory: MemoryClickHouse,
  url?: string,
) {
  const exporter = exporterTo({
    endpoint: url ?? server.url,
    retry: { initialDelayMs: 1, maxDelayMs: 1 },
  })
  const exports = new Exports(exporter)
  await exports.export(ROWS)
  await until(() => statsOf(exporter).deduplication === 'effective')
  const table = memory.table('telemetry.traces')
  const isThereOnce = () => {
    expect(exports.oracle.judge('primary', table.rows)).toEqual(allWell(exports.made))
    expect(statsOf(exporter)).toMatchObject({ dropped: {}, delivered: exports.made })
    expect(server).toMatchObject({ changed: [], bugs: [] })
  }
  return { exporter, exports, table, isThereOnce }
}

async function newServer() {
  const memory = new MemoryClickHouse()
  const server = await new ScriptedClickHouse(memory).listen()
  onTestFinished(() => server.close())
  return { memory, server }
}

/** One request with this behaviour; all others are answered correctly. */
function once(server: ScriptedClickHouse, behaviour: Behaviour): void {
  server.behaviour = insertsOnly((exchange) => {
    server.behaviour = answer
    return behaviour(exchange)
  })
}

test.each(['reset', 'hangUp'] as const)(
  `the server ends the connection (%s) after ${LONG ? 'each byte' : 'every third byte'} of the rows there is`,
  async (how) => {
    const { memory, server } = await newServer()
    const { exporter, exports, isThereOnce } = await exporterWithATable(server, memory)
    let bytes = 0
    let wasCut = true
    for (; wasCut; bytes += EVERY) {
      wasCut = false
      once(server, (exchange) => {
        wasCut = bytes <= exchange.head.bodyBytes
        return wasCut ? readsAndEnds(bytes, how)(exchange) : answer(exchange)
      })
      await exports.export(ROWS)
      await until(() => statsOf(exporter).waiting === 0)
    }
    isThereOnce()
    count(`${how} amid the rows`, Math.ceil(bytes / EVERY))
    expect(bytes).toBeGreaterThan(300)
  },
)

test('the answer is cut after each byte of it', async () => {
  const { memory, server } = await newServer()
  const { exporter, exports, table, isThereOnce } = await exporterWithATable(server, memory)
  const whole = wireOf({ status: 200, headers: { 'x-clickhouse-summary': '{}' }, body: '' }).length
  for (let bytes = 0; bytes < whole; bytes++) {
    once(server, commitsAndCuts(bytes))
    await exports.export(ROWS)
    await until(() => statsOf(exporter).waiting === 0)
  }
  isThereOnce()
  count('reset amid the answer', whole)
  expect(table.deduplicated).toBe(whole)
})

test('the connection is reset after every few bytes of the request, its head among them', async () => {
  const { memory, server } = await newServer()
  const proxy = await startProxy(Number(new URL(server.url).port))
  onTestFinished(() => proxy.close())
  const { exporter, exports, isThereOnce } = await exporterWithATable(server, memory, proxy.url)
  let cuts = 0
  for (let bytes = 0; ; bytes += 17) {
    const lost = proxy.lost
    await proxy.become({ cutRequestAfter: bytes })
    const exported = exports.export(ROWS)
    await until(() => proxy.lost > lost || statsOf(exporter).waiting === 0)
    await proxy.become('none')
    await exported
    await until(() => statsOf(exporter).waiting === 0)
    if (proxy.lost === lost) break
    cuts++
  }
  isThereOnce()
  count('reset amid the request', cuts)
  expect(cuts).toBeGreaterThan(50)
})
