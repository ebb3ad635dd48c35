import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { spansAsJson } from '../../packages/receiver/test/kit.js'
import { freePort } from '../kit/free-port.js'
import { LONG, PATIENT_MS } from '../kit/patience.js'
import { type FaultyProxy, startProxy } from '../kit/proxy.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { count, newDatabase, realServer } from './kit.js'

const server = realServer()
const CHILD = fileURLToPath(new URL('killed-child.mjs', import.meta.url))

async function started(options: object): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(createInterface({ input: child.stdout as never }), 'line')
  return child
}

/** Sends each body until it is answered with 200, as clients of OTLP do. */
async function sender(url: string, bodies: readonly string[]): Promise<number> {
  let repeats = 0
  for (const body of bodies)
    for (const startedAt = performance.now(); ; repeats++) {
      const status = await fetch(`${url}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(10_000),
      }).then(
        async (response) => {
          await response.arrayBuffer()
          return response.status
        },
        () => 0,
      )
      if (status === 200) break
      expect([0, 503]).toContain(status) // nothing else may be said about a request that may succeed later
      if (performance.now() - startedAt > 2 * PATIENT_MS) throw new Error('never taken')
      await sleep(50)
    }
  return repeats
}

/** Requests of different sizes, with spans numbered from 0. */
function bodiesFrom(first: number, requests: number): { bodies: string[]; spans: number } {
  const bodies: string[] = []
  let spans = 0
  for (let n = 0; n < requests; n++) {
    const rows = 1 + ((n * 37) % 120)
    bodies.push(spansAsJson(rows, first + spans))
    spans += rows
  }
  return { bodies, spans }
}

const KILLS = LONG ? 20 : 4

test.each([
  ['with a spool', true],
  ['without one', false],
])(
  'every span is stored exactly once %s, while ClickHouse goes away, answers get lost and the receiver is killed',
  async (_, hasSpool) => {
    const database = newDatabase()
    const proxy: FaultyProxy = await startProxy(Number(new URL(server.at.url).port))
    onTestFinished(() => proxy.close())
    const options = {
      httpPort: await freePort(),
      grpcPort: false,
      holdMs: 1000,
      exporter: {
        endpoint: proxy.url,
        database,
        timeoutMs: 3000,
        retry: { initialDelayMs: 20, maxDelayMs: 100 },
        ...(hasSpool && { spool: { directory: temporaryDirectory(), leaseMs: 500 } }),
      },
    }
    let child = await started(options)
    const url = `http://127.0.0.1:${options.httpPort}`
    const senders = [0, 1_000_000, 2_000_000].map((first) => bodiesFrom(first, LONG ? 400 : 80))
    let isDone = false
    const sending = Promise.all(senders.map(({ bodies }) => sender(url, bodies))).finally(() => {
      isDone = true
    })
    let kills = 0
    for (; kills < KILLS || !isDone; kills++) {
      await sleep(300)
      await proxy.become(kills % 2 === 0 ? 'lose first replies' : 'refuse')
      await sleep(500)
      child.kill('SIGKILL')
      await once(child, 'exit')
      if (kills % 2 === 1) await proxy.become('none')
      child = await started(options)
      if (kills > 10 * KILLS) break
      if (kills >= KILLS) {
        await proxy.become('none')
        await Promise.race([sending, sleep(PATIENT_MS)])
      }
    }
    await sending
    const spans = senders.reduce((sum, one) => sum + one.spans, 0)
    await proxy.become('none')
    await expect
      .poll(() => count(server.at, `${database}.traces`, 'uniqExact(span_id)'))
      .toBe(spans)
    expect(await count(server.at, `${database}.traces`)).toBe(spans)
  },
)
