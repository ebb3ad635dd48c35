import { describe, expect, onTestFinished, test } from 'vitest'
import { commitsAndIsSilent, insertsOnly, throws } from '../../../test/kit/behaviours.js'
import { MemoryClickHouse } from '../../../test/kit/clickhouse-backend.js'
import { readInsert } from '../../../test/kit/insert-request.js'
import { until } from '../../../test/kit/patience.js'
import { answer, ScriptedClickHouse } from '../../../test/kit/scripted-clickhouse.js'
import { openReceiver, type Receiver } from '../src/receiver.js'
import { post, spansAsJson } from './kit.js'

const time = '1700000000000000000'
const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
const numbers = Array.from({ length: 250 }, (_, n) => n)
const BODIES = {
  traces: spansAsJson(250),
  logs: JSON.stringify({
    resourceLogs: [
      {
        resource,
        scopeLogs: [
          {
            logRecords: numbers.map((n) => ({
              timeUnixNano: time,
              body: { stringValue: `${n % 9}` },
            })),
          },
        ],
      },
    ],
  }),
  metrics: JSON.stringify({
    resourceMetrics: [
      {
        resource,
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'stock',
                gauge: { dataPoints: numbers.map((n) => ({ timeUnixNano: time, asInt: n % 9 })) },
              },
            ],
          },
        ],
      },
    ],
  }),
} as const

// Another receiver stands for the next process: the two have nothing in common but the table.
test.each(Object.entries(BODIES))(
  'a request of %s that was stored but not answered before the receiver was killed is stored once, when the client sends it to the next one',
  async (signal, body) => {
    const backend = new MemoryClickHouse()
    const server = await new ScriptedClickHouse(backend, insertsOnly(commitsAndIsSilent)).listen()
    onTestFinished(() => server.close())
    const open = async () => {
      const receiver = await openReceiver(
        {
          httpPort: 0,
          grpcPort: false,
          limits: { closeTimeoutMs: 20 },
          exporter: { endpoint: server.url, batch: { maxRows: 60 } },
        },
        {},
      )
      onTestFinished(() => receiver.close())
      return `http://127.0.0.1:${receiver.httpPort}/v1/${signal}`
    }
    const { rows } = backend.table(`telemetry.${signal}`)
    const unanswered = post(await open(), body).catch(() => undefined)
    await until(() => rows.length >= 180) // four requests at a time: some batches are stored, others are not
    server.behaviour = answer
    expect((await post(await open(), body)).status).toBe(200)
    await until(() => rows.length >= 250)
    expect(rows).toHaveLength(250)
    expect(backend.table(`telemetry.${signal}`)).toMatchObject({ misused: [] })
    expect(backend.table(`telemetry.${signal}`).deduplicated).toBeGreaterThan(0)
    server.resetAll()
    await unanswered
  },
)

describe('a request whose batch one query may not hold in memory', () => {
  const MEMORY = throws({
    code: 241,
    name: 'MEMORY_LIMIT_EXCEEDED',
    message: 'Query memory limit exceeded: would use 10 GiB',
  })
  const body = spansAsJson(400, 0, [{ key: 'text', value: { stringValue: 'y'.repeat(2000) } }])

  /** Two receivers, and a table that refuses whole batches so many times. */
  async function receivers(refusals: number) {
    const backend = new MemoryClickHouse()
    let left = refusals
    const server = await new ScriptedClickHouse(
      backend,
      insertsOnly(async (exchange) => {
        const rows = readInsert(await exchange.whole())?.rows ?? []
        return (rows.length === 400 && left-- > 0 ? MEMORY : answer)(exchange)
      }),
    ).listen()
    onTestFinished(() => server.close())
    const open = async () => {
      const receiver = await openReceiver(
        {
          httpPort: 0,
          grpcPort: false,
          limits: { closeTimeoutMs: 20 },
          exporter: { endpoint: server.url, retry: { initialDelayMs: 5, maxDelayMs: 10 } },
        },
        {},
      )
      onTestFinished(() => receiver.close())
      return receiver
    }
    return { rows: backend.table('telemetry.traces').rows, open }
  }
  const to = ({ httpPort }: Receiver) => post(`http://127.0.0.1:${httpPort}/v1/traces`, body)
  const statsOf = (receiver: Receiver) =>
    receiver.stats().signals.traces.exporter.destinations['primary']

  test('is stored whole once it may, so that the next receiver does not store it again', async () => {
    const { rows, open } = await receivers(2)
    for (let n = 0; n < 2; n++) {
      const receiver = await open()
      expect((await to(receiver)).status).toBe(200)
      expect(statsOf(receiver)).toMatchObject({ delivered: 400, possibleDuplicates: 0 })
    }
    expect(rows).toHaveLength(400)
  })

  test('is halved if it never may, and counts as possible duplicates', async () => {
    const { rows, open } = await receivers(6)
    const receiver = await open()
    expect((await to(receiver)).status).toBe(200)
    expect(rows).toHaveLength(400)
    expect(statsOf(receiver)).toMatchObject({ delivered: 400, possibleDuplicates: 400 })
  })
})
