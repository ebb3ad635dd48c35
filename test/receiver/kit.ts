import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { ReceiverOptions } from '../../packages/receiver/src/options.js'
import { openReceiver, type Receiver } from '../../packages/receiver/src/receiver.js'

/** One ClickHouse for the tests of a file. */
export function realServer(): { readonly at: ClickHouseServer } {
  let server: ClickHouseServer | undefined
  beforeAll(async () => {
    server = await startClickHouse()
  })
  afterAll(() => server?.stop())
  return {
    get at() {
      if (!server) throw new Error('the server has not started')
      return server
    },
  }
}

/** Retries come within milliseconds, not seconds. */
export const SOON = { initialDelayMs: 5, maxDelayMs: 20 }

let databases = 0

/** A database of the test's own. */
export function newDatabase(): string {
  return `received_${++databases}`
}

/** A receiver on ports of its own. It is closed when the test ends. */
export async function receiverTo(
  exporter: ReceiverOptions['exporter'],
  options: Omit<ReceiverOptions, 'exporter'> = {},
): Promise<Receiver & { readonly http: string; readonly grpc: string }> {
  const receiver = await openReceiver({
    httpPort: 0,
    grpcPort: 0,
    ...options,
    limits: { closeTimeoutMs: 2000, ...options.limits },
    exporter: { retry: SOON, ...exporter },
  })
  onTestFinished(() => receiver.close())
  const scheme = options.tls ? 'https' : 'http'
  return {
    ...receiver,
    http: `${scheme}://127.0.0.1:${receiver.httpPort}`,
    grpc: `${scheme}://127.0.0.1:${receiver.grpcPort}`,
  }
}

export async function count(at: ClickHouseServer, from: string, what = 'count()'): Promise<number> {
  return Number(await at.query(`SELECT ${what} FROM ${from}`))
}
