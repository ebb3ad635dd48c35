import { describe, expect, onTestFinished, test } from 'vitest'
import { oncePerToken } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { allWell } from '../kit/oracle.js'
import { flushed } from '../kit/patience.js'
import { answer, type Behaviour, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'
import { Exports, exporterTo } from './exports.js'
import { faultsOf } from './figures.js'
import { MISBEHAVIOURS } from './misbehaviours.js'

const TABLE = 'telemetry.traces'
const EXPORTS = 3
const ROWS = 5
const count = faultsOf('misbehaviours of a server')

async function serverThat(behaviour: Behaviour) {
  const memory = new MemoryClickHouse()
  const server = await new ScriptedClickHouse(memory, behaviour).listen()
  onTestFinished(() => server.close())
  return { server, table: memory.table(TABLE) }
}

describe('a server that, once for each batch,', () => {
  test.each(MISBEHAVIOURS)(
    '$name: loses nothing, doubles nothing, and is nobody else’s matter',
    async ({ name, does, commits, isAnswer = false }) => {
      count(name, EXPORTS)
      const rough = await serverThat(oncePerToken(does))
      const steady = await serverThat(answer)
      const exporter = exporterTo({
        timeoutMs: 500,
        retry: { initialDelayMs: 1, maxDelayMs: 2 },
        destinations: [
          { name: 'rough', endpoint: rough.server.url },
          { name: 'steady', endpoint: steady.server.url, timeoutMs: 10_000 },
        ],
      })
      const exports = new Exports(exporter, ['rough', 'steady'])
      for (let n = 0; n < EXPORTS; n++) await exports.export(ROWS)
      await flushed(exporter)
      for (const name of ['rough', 'steady']) await deduplicationKnown(exporter, name)

      const rows = EXPORTS * ROWS
      for (const [name, { server, table }] of Object.entries({ rough, steady })) {
        expect({ name, ...exports.oracle.judge(name, table.rows) }).toEqual({
          name,
          ...allWell(rows),
        })
        expect(server).toMatchObject({ changed: [], bugs: [] })
        expect(table.misused).toEqual([])
        expect(statsOf(exporter, name)).toMatchObject({
          accepted: rows,
          delivered: rows,
          dropped: {},
          possibleDuplicates: 0,
          deduplication: 'effective',
        })
      }
      expect(exports.answers).toEqual(Array(EXPORTS).fill(1))
      expect(exports.failures).toEqual([])
      expect(statsOf(exporter, 'steady')).toMatchObject({ errors: 0, requests: EXPORTS })
      // It did misbehave, the exporter noticed, and sent each batch once more and not more often. Exceptions: an answer that
      // came too late on a busy machine, and small batches that waited and were sent together.
      const noticed = isAnswer ? 0 : EXPORTS
      const late = rough.server.insertsBegun - EXPORTS - noticed
      expect(late).toBeGreaterThanOrEqual(-EXPORTS)
      expect(late).toBeLessThan(EXPORTS)
      if (late === 0) expect(rough.table.deduplicated).toBe(commits ? noticed : 0)
    },
  )
})
