import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { DiagLogLevel } from '@opentelemetry/api'
import { expect, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, PATIENT_MS } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type ScriptedServer,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { disk } from './replaced-disk.js'
import { faultyFs } from './spool-kit.js'

vi.mock(import('../../src/common/own-files.js'), async (original) => {
  const { replaceable } = await import('./replaced-disk.js')
  return replaceable(await original())
})

const BACKLOG = ['old a 1', 'old b 1', 'old c 1', 'old d 1', 'old e 1', 'old f 1']
const RECORD = /\.batch$/
const REFUSED: Behaviour = { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }

function isBad(row: Record<string, unknown>): boolean {
  return String(row['span_name']).startsWith('bad')
}

/** A spool with a batch for each span of the backlog. */
async function leftBehind(): Promise<string> {
  const directory = temporaryDirectory()
  const away = await scriptedServer({ status: 502 })
  const before = exporterTo({ endpoint: away.url, spool: { directory } })
  for (const name of BACKLOG) await exported(before, spans(1, name.slice(0, -2)))
  await before.shutdown()
  expect(statsOf(before)).toMatchObject({ waiting: BACKLOG.length, dropped: {} })
  return directory
}

function namesAt(server: ScriptedServer): unknown[] {
  return server.inserts.flatMap(({ rows }) => rows.map((row) => row['span_name']))
}

test.each(['hangs', 'fails'])(
  'while the disk %s when batches are read, a healthy server gets new rows; the batches come when the disk is back, once each',
  async (how) => {
    const directory = await leftBehind()
    const { fs, fail, hang, mend, calls } = faultyFs()
    disk.fs = fs
    let goOn = mend
    if (how === 'hangs') goOn = hang('open', RECORD)
    else fail('open', 'EACCES', RECORD)
    const lines = diagLines(DiagLogLevel.WARN)
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, spool: { directory } })
    // From now on the batches on disk come first, and as many are loaded as requests may be under way.
    await eventually(() => expect(statsOf(to).accepted).toBe(BACKLOG.length))
    expect(await exported(to, spans(1, 'new'))).toEqual({ code: 0 })

    await eventually(() => expect(namesAt(server)).toEqual(['new 1']))
    await exported(to, spans(1, 'newer'))
    await eventually(() => expect(namesAt(server)).toEqual(['new 1', 'newer 1']))
    expect(statsOf(to)).toMatchObject({ delivered: 2, waiting: BACKLOG.length, dropped: {} })
    const about = () => lines.filter((line) => line.includes('read'))
    expect(about()).toEqual([expect.stringMatching(/cannot be read: .*(did not answer|EACCES)/)])

    goOn()
    await eventually(() => expect(statsOf(to)).toMatchObject({ waiting: 0, spooledBytes: 0 }))
    expect(namesAt(server).sort()).toEqual(['new 1', 'newer 1', ...BACKLOG])
    expect(statsOf(to)).toMatchObject({ delivered: 2 + BACKLOG.length, dropped: {} })
    expect(about()).toEqual([expect.anything(), expect.stringMatching(/can be read again/)])
    expect(calls.get('open')).toBeGreaterThan(BACKLOG.length)
  },
)

test('a shutdown does not wait for a disk that hangs, and leaves what is there to the next process', async () => {
  const directory = await leftBehind()
  const { fs, hang } = faultyFs()
  disk.fs = fs
  const goOn = hang('open', RECORD)
  const server = await scriptedServer()
  const to = exporterTo({ endpoint: server.url, spool: { directory } })
  await eventually(() => expect(statsOf(to).accepted).toBe(BACKLOG.length))
  await to.shutdown()
  expect(statsOf(to)).toMatchObject({ waiting: BACKLOG.length, dropped: {} })
  goOn()

  const next = exporterTo({ endpoint: server.url, spool: { directory } })
  await eventually(() => expect(statsOf(next).delivered).toBe(BACKLOG.length))
  expect(namesAt(server).sort()).toEqual(BACKLOG)
})

test('the rest of a divided batch, which is on disk only, is divided when a disk that failed gives it back', async () => {
  const { fs, fail, mend } = faultyFs()
  disk.fs = fs
  const lines = diagLines(DiagLogLevel.WARN)
  const held: ServerResponse[] = []
  let isOpen = false
  const server = await scriptedServer({
    each({ isInsert, rows }) {
      if (rows.some(isBad)) return REFUSED
      return isInsert && !isOpen ? (_, response) => held.push(response) : 'ok'
    },
  })
  const to = exporterTo({
    endpoint: server.url,
    timeoutMs: PATIENT_MS,
    queue: { maxBytes: 20_000 },
    spool: { directory: temporaryDirectory() },
  })
  void exported(to, [...spans(2, 'good'), ...spans(2, 'bad')])
  await eventually(() => expect(held).toHaveLength(1)) // the first half; the second waits for its result
  // The second half gives up its memory to a batch that does not fit all the same.
  const attributes = { bytes: randomBytes(9000).toString('hex') }
  await exported(to, [makeSpan({ name: 'bulky', attributes })])
  fail('open', 'EACCES', RECORD)
  isOpen = true
  for (const response of held) response.end()
  await eventually(() =>
    expect(lines).toContainEqual(expect.stringMatching(/cannot be read: .*EACCES/)),
  )
  expect(statsOf(to)).toMatchObject({ delivered: 2, waiting: 2, dropped: { queue_full: 1 } })
  mend()
  await eventually(() =>
    expect(statsOf(to)).toMatchObject({ waiting: 0, dropped: { queue_full: 1, rejected: 2 } }),
  )
})
