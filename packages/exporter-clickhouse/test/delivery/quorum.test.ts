import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { clock } from '../../src/common/clock.js'

// Servers before 20.10, and later ones with `insert_quorum_parallel = 0`, take one INSERT with a quorum at a time, and refuse the others.

const WAITS: Behaviour = {
  status: 500,
  code: 286,
  body: 'Code: 286. DB::Exception: Quorum for previous write has not been satisfied yet. Status: version: 1',
}

/** A server that takes one INSERT at a time. Each lasts until the test has it end. */
async function exclusive() {
  const open: ServerResponse[] = []
  const server = await scriptedServer({
    each({ isInsert }: Received) {
      if (!isInsert) return 'ok'
      return open.length > 0 ? WAITS : (_, response) => void open.push(response)
    },
  })
  const end = () => void open.shift()?.end()
  return { server, isBusy: () => open.length > 0, end }
}

test('INSERTs that exclude each other are sent one at a time from then on, and one line says so', async () => {
  const lines = diagLines()
  const { server, isBusy, end } = await exclusive()
  const exporter = exporterTo({ endpoint: server.url, batch: { maxRows: 1 } })
  for (let n = 0; n < 20; n++) void exported(exporter, spans(1, `batch ${n}`))
  await until(() => statsOf(exporter).errors > 0) // how many were under way together is up to the machine
  expect(statsOf(exporter)).toMatchObject({ failing: false, waiting: 20 })
  for (let n = 1; n <= 20; n++) {
    await until(isBusy)
    end()
    await until(() => statsOf(exporter).delivered === n)
  }
  expect(statsOf(exporter)).toMatchObject({ delivered: 20, dropped: {}, possibleDuplicates: 0 })
  expect(lines.filter((line) => !line.includes('does not deduplicate'))).toEqual([
    expect.stringMatching(
      /takes one INSERT at a time.*: ClickHouse error 286: Quorum for previous write has not been satisfied yet.*insert_quorum_parallel/,
    ),
  ])
  // Those that were under way together at first, and what was tried again while the first INSERT lasted.
  const { requests } = statsOf(exporter)
  for (let n = 0; n < 5; n++) void exported(exporter, spans(1, `later ${n}`))
  for (let n = 21; n <= 25; n++) {
    await until(isBusy)
    end()
    await until(() => statsOf(exporter).delivered === n)
  }
  expect(statsOf(exporter).requests).toBe((requests ?? 0) + 5)
})

test('an INSERT of another process that does not end is an outage after a while, and is over with the first success', async () => {
  const lines = diagLines()
  const server = await scriptedServer(WAITS)
  const exporter = exporterTo({ endpoint: server.url, retry: { maxRetries: 2, initialDelayMs: 5 } })
  await exported(exporter, spans(1))
  await server.received(6)
  // None of them counts towards `maxRetries`.
  expect(statsOf(exporter)).toMatchObject({ failing: false, waiting: 1, dropped: {} })
  const now = clock.now
  clock.now = () => now() + 11_000
  onTestFinished(() => {
    clock.now = now
  })
  await eventually(() => expect(statsOf(exporter)).toMatchObject({ failing: true, waiting: 1 }))
  server.follow('ok')
  await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 1, failing: false }))
  expect(lines.filter((line) => line.includes('takes no rows'))).toHaveLength(1)
})

test('no other host is asked in its place, because the table is the same', async () => {
  const [a, b] = [await scriptedServer([WAITS, WAITS]), await scriptedServer()]
  const lines = diagLines()
  const exporter = exporterTo({ endpoints: [a.url, b.url] })
  await exported(exporter, spans(1))
  await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 1 }))
  expect(b.inserts).toHaveLength(0)
  expect(a.rows).toHaveLength(1)
  expect(lines.filter((line) => line.includes('host'))).toEqual([])
})
