import { expect, onTestFinished, test } from 'vitest'
import { insertsOnly, replies, throws } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { readInsert } from '../kit/insert-request.js'
import { isPoison } from '../kit/numbered-records.mjs'
import { LONG, until } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { Exports, exporterTo } from './exports.js'
import { figures } from './figures.js'

const BATCHES = LONG ? 13 : 2
const BATCH_ROWS = 1000
const POISON_EVERY = 499
const MAX_ROWS = 70
// Halves of 1000 rows down to 62 or 63 are 31 requests. In such a part a poisoned row costs two for each halving, and
// each batch has two or three of them.
const REQUESTS_A_BATCH = 31 + 3 * 2 * Math.ceil(Math.log2(MAX_ROWS))

test('poisoned batches of 1,000 rows that a dead process has left, and a server that accepts 70 rows at once: divided without a pause, delivered, and the poisoned rows counted', async () => {
  const directory = temporaryDirectory()
  const memory = new MemoryClickHouse()
  const server = await new ScriptedClickHouse(
    memory,
    insertsOnly(async (exchange) => {
      const rows = readInsert(await exchange.whole())?.rows ?? []
      if (rows.length > MAX_ROWS) return replies({ status: 413, headers: {}, body: '' })(exchange)
      // Without a hint at which row it is.
      if (rows.some(isPoison)) return throws({ code: 469, name: 'VIOLATED_CONSTRAINT' })(exchange)
      return answer(exchange)
    }),
  ).listen()
  onTestFinished(() => server.close())
  const down = await new ScriptedClickHouse().listen()
  await down.refuse()
  const spooled = (endpoint: string) => ({
    endpoint,
    flushTimeoutMs: 100,
    spool: { directory },
  })
  const before = exporterTo(spooled(down.url))
  const exports = new Exports(before)
  const isNumberOfPoison = (number: number) => number % POISON_EVERY === 0
  for (let batch = 0; batch < BATCHES; batch++)
    await exports.export(BATCH_ROWS, (number) => ({
      poison: isNumberOfPoison(number),
      resource: 0,
    }))
  await before.shutdown()

  const heir = exporterTo(spooled(server.url))
  const startedAt = performance.now()
  await until(() => statsOf(heir).accepted > 0 && statsOf(heir).waiting === 0)
  const drainedMs = performance.now() - startedAt
  const numbers = Array.from({ length: exports.made }, (_, number) => number)
  const poisoned = numbers.filter(isNumberOfPoison)
  const { requests, ...stats } = statsOf(heir)
  figures('poisoned batches of a dead process', { rows: exports.made, requests, drainedMs })
  expect(stats).toMatchObject({
    accepted: exports.made,
    delivered: exports.made - poisoned.length,
    dropped: { rejected: poisoned.length },
    // Only a retry is followed by a pause.
    retries: 0,
    // The dead process may have met no such limit.
    possibleDuplicates: exports.made - poisoned.length,
  })
  exports.oracle.excuse('primary', poisoned)
  expect(exports.oracle.judge('primary', memory.table('telemetry.traces').rows)).toMatchObject({
    missing: 0,
    doubled: 0,
    altered: 0,
    foreign: 0,
  })
  expect(requests).toBeLessThanOrEqual(BATCHES * REQUESTS_A_BATCH)
})
