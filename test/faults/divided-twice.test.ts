import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { insertsOnly } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { isPoison } from '../kit/numbered-records.mjs'
import { flushed, LONG, until } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { Exports, exporterTo } from './exports.js'

const LEASE_MS = 100
const ROWS = 32
const MAX_ROWS = 16
const POISONED = [5, 9, 14, 27]

// A process that stands still for longer than its lease still holds batches in memory that its heir has taken over, and goes on.
test('two processes divide the same batch, from any part on: each row is stored once', async () => {
  const parent = temporaryDirectory()
  const memory = new MemoryClickHouse({
    maxRows: MAX_ROWS,
    refuses: isPoison,
  })
  const table = memory.table('telemetry.traces')
  const spooled = (directory: string) => ({
    endpoint: server.url,
    timeoutMs: 60_000,
    spool: { directory, leaseMs: LEASE_MS },
  })

  const copies: string[] = []
  const sleepers = join(parent, 'sleeper')
  const server = await new ScriptedClickHouse(
    memory,
    insertsOnly(async (exchange) => {
      // The records that an heir finds if it takes over now.
      const copy = join(parent, `heir ${copies.length}`)
      cpSync(sleepers, copy, { recursive: true })
      copies.push(copy)
      return answer(exchange)
    }),
  ).listen()
  onTestFinished(() => server.close())

  const sleeper = exporterTo(spooled(sleepers))
  const exports = new Exports(sleeper)
  const poison = (number: number) => ({ poison: POISONED.includes(number), resource: 0 })
  const numbers = await exports.export(ROWS, poison)
  await flushed(sleeper)
  expect(statsOf(sleeper)).toMatchObject({ dropped: { rejected: POISONED.length }, waiting: 0 })
  expect(copies.length).toBeGreaterThan(2 * POISONED.length)

  const left = copies.filter((_, n) => LONG || n % 2 === 0)
  server.behaviour = answer
  const inherited = left.map(async (directory) => {
    const heir = exporterTo(spooled(directory))
    await until(() => statsOf(heir).accepted > 0 && statsOf(heir).waiting === 0)
    await heir.shutdown()
  })
  await Promise.all(inherited)
  exports.oracle.excuse(
    'primary',
    numbers.filter((number) => POISONED.includes(number)),
  )
  expect(exports.oracle.judge('primary', table.rows)).toMatchObject({
    missing: 0,
    doubled: 0,
    altered: 0,
    foreign: 0,
    examples: [],
  })
  expect(table.misused).toEqual([])
})
