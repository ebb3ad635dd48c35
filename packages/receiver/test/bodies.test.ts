import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '#exporter'
import { until } from '../../../test/kit/patience.js'
import { ScriptedClickHouse } from '../../../test/kit/scripted-clickhouse.js'
import { collect } from '../src/bodies/body.js'
import { newBudget } from '../src/bodies/budget.js'
import { inflated } from '../src/bodies/inflate.js'
import { type Desk, openDesk } from '../src/intake/desk.js'
import { KINDS } from '../src/intake/kind.js'
import { spansAsJson } from './kit.js'

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')
const budget = newBudget(Number.MAX_SAFE_INTEGER)
const HOLD_MS = 100

/** In front of a ClickHouse that never answers. */
async function openedDesk(): Promise<{ server: ScriptedClickHouse; desk: Desk<'traces'> }> {
  const server = await new ScriptedClickHouse().listen()
  onTestFinished(() => server.close())
  server.behaviour = async (exchange) => void (await exchange.whole())
  const options = {
    endpoint: server.url,
    queue: { maxBytes: 64 * 1024 },
    compression: { codec: 'none' },
    shutdownTimeoutMs: 20,
  } as const
  const config = parseConfig('traces', options, {})
  const desk = openDesk(KINDS[0], config, 'delivered')
  onTestFinished(() => desk.close())
  return { server, desk }
}

/** Sends a request, and returns its bytes. Nothing else of this test holds them. */
async function taken(desk: Desk<'traces'>, json: string): Promise<WeakRef<Buffer>> {
  const bytes = Buffer.from(json)
  const limits = { maxBytes: bytes.length, budget, patience: new AbortController().signal }
  async function* chunks() {
    yield bytes
  }
  const body = await collect(chunks(), limits)
  await expect(desk.take(body, 'json', HOLD_MS)).rejects.toThrow('repeat the request later')
  return new WeakRef(bytes)
}

async function areFreed(bytes: WeakRef<Buffer>): Promise<void> {
  await until(() => {
    gc()
    return bytes.deref() === undefined
  })
}

test('the bytes of a body are freed when its records are taken in, although its rows still wait', async () => {
  const { server, desk } = await openedDesk()
  const bytes = await taken(desk, spansAsJson(10))
  await until(() => server.inserts.length > 0)
  await areFreed(bytes)
  expect(desk.stats().exporter.destinations['primary']?.waiting).toBe(10)
})

test('the bytes of a body are freed when nobody waits any more for the turn of its request', async () => {
  const { server, desk } = await openedDesk()
  await taken(desk, spansAsJson(2000))
  await until(() => server.inserts.length > 0)
  await areFreed(await taken(desk, spansAsJson(10, 5000)))
})

test('a body that ends early without an error is not waited for', async () => {
  const source = new Readable({ read() {} })
  const chunks = inflated(source, 'gzip')
  const first = chunks.next()
  source.push(gzipSync(spansAsJson(10)).subarray(0, 40))
  await new Promise(setImmediate)
  source.destroy()
  await expect(first.then(() => chunks.next())).rejects.toThrow('the client has gone')
})
