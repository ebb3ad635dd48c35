import { setImmediate as turn } from 'node:timers/promises'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sdk } from '#sdk'
import { switchBackend } from '../../packages/exporter-clickhouse/src/backends/switch-backend.js'
import {
  processorFrom,
  runsIn,
  spansThrough,
} from '../../packages/exporter-clickhouse/test/backends/backends-kit.js'
import { otlpReceiver } from '../kit/otlp-receiver.js'
import { sharedClickHouse } from '../kit/shared-clickhouse.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await sharedClickHouse()
})
afterAll(() => server?.stop())

test('spans end all the time while the backends are switched: each is delivered, and nowhere twice', async () => {
  runsIn()
  const receiver = await otlpReceiver()
  const processor = processorFrom({
    OTEL_TRACES_EXPORTER: 'clickhouse',
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_CLICKHOUSE_DATABASE: sdk,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_BSP_MAX_QUEUE_SIZE: '65536',
  })
  const end = spansThrough(processor)
  const ended: string[] = []
  let isSwitching = true
  const load = (async () => {
    while (isSwitching) {
      ended.push(...end(3))
      await turn()
    }
  })()
  const names = ['otlp', 'clickhouse,otlp', 'clickhouse', 'otlp,clickhouse', 'otlp', 'clickhouse']
  for (const name of [...names, ...names]) {
    await switchBackend(name)
    // At least a few spans meet each of them.
    const { length } = ended
    while (ended.length < length + 30) await turn()
  }
  isSwitching = false
  await load
  await switchBackend('none')
  const toNone = end(100)
  await processor.shutdown()

  const text = await server.query(`SELECT span_id FROM ${sdk}.traces FORMAT TSV`)
  const inClickHouse = text.trim().split('\n')
  const [rows, received] = [new Set(inClickHouse), new Set(receiver.spanIds)]
  expect(inClickHouse).toHaveLength(rows.size)
  expect(receiver.spanIds).toHaveLength(received.size)
  expect(ended.filter((id) => !rows.has(id) && !received.has(id))).toEqual([])
  expect(toNone.filter((id) => rows.has(id) || received.has(id))).toEqual([])
  expect(rows.size + received.size).toBeGreaterThan(ended.length) // some were for both
})
