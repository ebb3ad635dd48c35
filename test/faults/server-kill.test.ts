import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { expect, onTestFinished, test } from 'vitest'
import { insertsOnly } from '../kit/behaviours.js'
import { realClickHouse } from '../kit/clickhouse-backend.js'
import { freePorts } from '../kit/free-port.js'
import { wireOf } from '../kit/http-wire.js'
import { readInsert } from '../kit/insert-request.js'
import { numberOf } from '../kit/numbered-records.mjs'
import { LONG } from '../kit/patience.js'
import { ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { Exports, exporterTo } from './exports.js'
import { figures } from './figures.js'
import { createTable, judgeTable } from './real-table.js'
import { randomOf, SEED } from './seed.js'

const KILLS = LONG ? 20 : 1
// Each INSERT is a part: with many thousands of them a server takes long to start, and longer to stop.
const EVERY_MS = 20
const AT_ONCE = 4

// A MergeTree writes a token to disk before its part. If the server is killed between the two, it knows the token
// of rows that it does not have, treats the retry as a duplicate, and reports success. No client can see that. This
// test checks that nothing else is ever lost, and nothing is doubled.
test('a server that is killed during INSERTs loses no row that was not under way, and doubles none', async () => {
  const directory = temporaryDirectory()
  let server = await startClickHouse({ dataDir: join(directory, 'data'), ...(await freePorts()) })
  // Killed, not stopped: it need not merge parts that are removed with its directory.
  onTestFinished(() => server.kill())
  await createTable(server, 'killed')
  const backend = realClickHouse(() => server.httpPort)
  onTestFinished(() => backend.close())
  const atRisk = new Set<number>()
  const front = new ScriptedClickHouse(
    backend,
    insertsOnly(async (exchange) => {
      const rows = readInsert(await exchange.whole())?.rows ?? []
      const numbers = rows.map((row) => numberOf(String(row['span_id'])))
      const reply = await exchange.commit().catch((error) => {
        for (const number of numbers) atRisk.add(number)
        throw error
      })
      await exchange.send(wireOf(reply))
    }),
  )
  await front.listen()
  onTestFinished(() => front.close())
  const exporter = exporterTo({
    endpoint: front.url,
    database: 'killed',
    acknowledge: 'accepted',
    batch: { maxRows: 5, maxDelayMs: 1 },
    retry: { initialDelayMs: 20, maxDelayMs: 100 },
  })
  const exports = new Exports(exporter)
  const random = randomOf(SEED)
  for (let kills = 0; kills < KILLS; kills++) {
    const timer = setInterval(() => void exports.export(5 * AT_ONCE), EVERY_MS)
    await sleep(random.between(200, 500))
    const { httpPort, tcpPort, dataDir } = server
    clearInterval(timer)
    await server.kill()
    server = await startClickHouse({ dataDir, httpPort, tcpPort })
    await exporter.forceFlush({ timeoutMs: 60_000 })
  }
  exports.oracle.excuse('primary', atRisk)
  const verdict = await judgeTable(exports.oracle, 'primary', server, 'killed')
  figures('a server killed amid INSERTs', {
    faults: { 'the server is killed amid INSERTs': KILLS },
    spans: exports.made,
    'rows under way at a kill': atRisk.size,
    'of them lost by the server': exports.made - verdict.rows,
  })
  expect(verdict).toMatchObject({ missing: 0, doubled: 0, altered: 0, foreign: 0 })
  expect(statsOf(exporter)).toMatchObject({ delivered: exports.made, dropped: {} })
  expect(atRisk.size).toBeGreaterThan(0)
}, 600_000)
