import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { realClickHouse } from '../kit/clickhouse-backend.js'
import { exception } from '../kit/exceptions.js'
import { exported, exporterTo, spans } from '../kit/exporters.js'
import { wireOf } from '../kit/http-wire.js'
import { readInsert } from '../kit/insert-request.js'
import { until } from '../kit/patience.js'
import { answer, type Exchange, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'
import { rowsIn } from '../kit/stored-ids.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

const ROWS = 7
const BUSY = exception({ code: 252, name: 'TOO_MANY_PARTS' })

/** A real server that stores a batch of `ROWS` rows but loses its answer, and then takes it again only when it is told to. */
async function losingServer() {
  const real = realClickHouse(() => server.httpPort)
  let attempts = 0
  let isHeld = true
  const held = async (exchange: Exchange) => {
    const isMeant = exchange.isInsert && readInsert(await exchange.whole())?.rows.length === ROWS
    if (!isMeant || !isHeld) return answer(exchange)
    if (attempts++ > 0) return exchange.send(wireOf(BUSY))
    await exchange.commit()
    exchange.reset()
  }
  const scripted = await new ScriptedClickHouse(real, held).listen()
  onTestFinished(async () => {
    await scripted.close()
    real.close()
  })
  return {
    endpoint: scripted.url,
    lost: () => until(() => attempts > 0),
    letGo() {
      isHeld = false
    },
  }
}

// Stored twice or not: only the server knows. Beyond half of the window nobody else can say, because other writers use it too.
test.each([
  { window: 10_000, others: 12, stored: ROWS, possibleDuplicates: 0 },
  { window: 20, others: 12, stored: ROWS, possibleDuplicates: ROWS },
  { window: 4, others: 12, stored: 2 * ROWS, possibleDuplicates: ROWS },
])(
  'a batch whose answer was lost comes again after $others others to a table that remembers $window: $stored of its rows are stored, and $possibleDuplicates count as possible duplicates',
  async ({ window, others, stored, possibleDuplicates }) => {
    const database = `remembers_${window}`
    for (const statement of flatTraces.ddl({ database }))
      await server.query(
        statement.replace(/(non_replicated_deduplication_window = )\d+/, `$1${window}`),
      )
    const { endpoint, lost, letGo } = await losingServer()
    const exporter = exporterTo({ endpoint, database })
    void exported(exporter, spans(ROWS, 'lost'))
    await lost()
    for (let n = 0; n < others; n++) {
      void exported(exporter, spans(1, `other ${n}`))
      await until(() => statsOf(exporter).delivered > n)
    }
    await deduplicationKnown(exporter)
    letGo()
    await until(() => statsOf(exporter).waiting === 0)
    expect(await rowsIn(server, database)).toBe(others + stored)
    expect(statsOf(exporter)).toMatchObject({
      delivered: others + ROWS,
      dropped: {},
      deduplication: 'effective',
      possibleDuplicates,
    })
  },
)
