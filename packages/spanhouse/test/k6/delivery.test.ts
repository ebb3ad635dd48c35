import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { elapsed } from '../../../../test/kit/patience.js'
import { rawServer } from '../../../../test/kit/raw-server.js'
import { openDelivery } from '../../src/k6/delivery.js'
import { deliveryConfig } from '../../src/k6/delivery-config.js'
import type { Sample } from '../../src/k6/record.js'

/** Hardly smaller when it is compressed. */
const sampleOf = (): Sample => ({
  resource: { attributes: { run_id: 'r' } },
  metric: { name: 'm', type: 'trend', contains: 'time' },
  time: [1_764_000_000, 0],
  value: 1,
  tags: { text: randomBytes(3000).toString('base64') },
  metadata: {},
})

test('a server that takes nothing is waited for once, not after each chunk', async () => {
  const hangs = await rawServer(() => {})
  const env = { OTEL_EXPORTER_CLICKHOUSE_QUEUE_MAX_BYTES: '200KiB' }
  const config = deliveryConfig({ url: hangs.url }, env)
  const delivery = openDelivery({ ...config, shutdownTimeoutMs: 1 })
  for (let rows = 0; rows < 150; rows++) delivery.write(sampleOf())
  const PATIENCE_MS = 300
  expect(await elapsed(delivery.room(PATIENCE_MS))).toBeGreaterThan(PATIENCE_MS / 2)
  const again = elapsed(
    (async () => {
      for (let chunk = 0; chunk < 1000; chunk++) await delivery.room(PATIENCE_MS)
    })(),
  )
  expect(await again).toBeLessThan(1000 * PATIENCE_MS * 0.1)
  const [one] = await delivery.finish()
  expect(one).toMatchObject({ delivered: 0, lost: 150, spooled: 0 })
})

test('a server that takes nothing is not waited for again because rows were compressed or dropped', async () => {
  const hangs = await rawServer(() => {})
  const env = { OTEL_EXPORTER_CLICKHOUSE_QUEUE_MAX_BYTES: '200KiB' }
  const config = deliveryConfig({ url: hangs.url, pushIntervalMs: 200 }, env)
  const delivery = openDelivery({ ...config, shutdownTimeoutMs: 1 })
  const even = { ...sampleOf(), tags: { text: 'x'.repeat(3000) } }
  const PATIENCE_MS = 500
  let waitedMs = 0
  for (let chunk = 0; chunk < 150; chunk++) {
    for (let rows = 0; rows < 50; rows++) delivery.write(even) // most of the queue, until the batch is sealed
    waitedMs += await elapsed(delivery.room(PATIENCE_MS))
  }
  expect(waitedMs).toBeLessThan(3000) // each batch: 6 s or more
  const [one] = await delivery.finish()
  expect(one).toMatchObject({ delivered: 0, lost: 7500 })
})
