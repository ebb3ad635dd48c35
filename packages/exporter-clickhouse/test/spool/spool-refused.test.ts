import { afterEach, expect, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually } from '../../../../test/kit/patience.js'
import {
  type Behaviour,
  type Received,
  scriptedServer,
} from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { pause } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'
import { followGlobalClock } from '../global-clock.js'
import { filesIn } from './spool-kit.js'

followGlobalClock()
afterEach(() => void vi.useRealTimers())

const NO_TABLE: Behaviour = {
  status: 404,
  code: 60,
  body: 'Code: 60. DB::Exception: Table old.traces does not exist. (UNKNOWN_TABLE)',
}

/** Leaves batches of three rows in a spool, as an earlier configuration would have sent them. */
async function left(directory: string, batches: number, options: Options, rows = 3): Promise<void> {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const before = exporterTo({ endpoint, spool: { directory }, ...options })
  for (let n = 0; n < batches; n++) await exported(before, spans(rows))
  await before.shutdown()
}

/** A server without the table `old`.`traces`, until it is given one. */
async function serverWithoutOld(refusal: Behaviour = NO_TABLE) {
  let hasOld = false
  const isOld = ({ query, statement, body }: Received) =>
    `${query.get('query')} ${statement} ${body.toString('latin1')}`.includes('`old`.')
  const server = await scriptedServer({
    each: (request) => (request.isInsert && isOld(request) && !hasOld ? refusal : 'ok'),
  })
  return {
    server,
    ofOld: () => server.inserts.filter(isOld),
    makeOld() {
      hasOld = true
    },
  }
}

const PLAIN: Options = { compression: { codec: 'none' } }
const OLD: Options = { ...PLAIN, database: 'old' }

test.each<[string, Behaviour]>([
  ['a table that is not there', NO_TABLE],
  ['a column that is not there', { status: 404, code: 16, body: 'Code: 16. No such column' }],
  ['rights that are not granted', { status: 403, code: 497, body: 'Code: 497. Not enough' }],
  ['a setting that is forbidden', { status: 500, code: 452, body: 'Code: 452. Setting x' }],
  ['an error that nobody has heard of', { status: 500, code: 4711, body: 'Code: 4711. New' }],
])('recovered batches that need %s hold up no new rows, nor a flush', async (_, refusal) => {
  const directory = temporaryDirectory()
  await left(directory, 30, OLD)
  const { server } = await serverWithoutOld(refusal)
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory } })
  await eventually(() => expect(statsOf(to).accepted).toBe(90))
  for (let n = 0; n < 10; n++) await exported(to, spans(1))
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 10, waiting: 90, dropped: {}, failing: false })
  expect(
    (await filesIn(directory)).filter((path) => path.endsWith('.batch')).length,
  ).toBeGreaterThanOrEqual(30)
})

test('recovered batches for a missing table are told of once, with spool, table and remedy; one asks for all, and all follow it', async () => {
  const directory = temporaryDirectory()
  await left(directory, 30, OLD)
  const lines = diagLines()
  const { server, ofOld, makeOld } = await serverWithoutOld()
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory } })
  await exported(to, spans(1))
  await eventually(() => expect(lines).toHaveLength(1))
  expect(lines[0]).toContain(`left in the spool in ${directory}, for \`old\`.\`traces\``)
  expect(lines[0]).toContain('Create `old`.`traces`')
  await to.forceFlush()
  expect(server.requests.some(({ statement }) => statement.startsWith('CREATE'))).toBe(false)
  const asked = ofOld().length
  expect(asked).toBeLessThanOrEqual(8) // those under way at once, compact and whole
  makeOld()
  await eventually(() => expect(ofOld().length).toBeGreaterThan(asked)) // the probe, after a second or two
  await eventually(() =>
    expect(statsOf(to)).toMatchObject({ delivered: 91, waiting: 0, dropped: {} }),
  )
  expect(lines).toHaveLength(1)
})

test('recovered batches that are taken are delivered while others of another kind are refused', async () => {
  const directory = temporaryDirectory()
  await left(directory, 10, OLD)
  await left(directory, 10, { ...PLAIN, database: 'other' })
  await left(directory, 10, OLD)
  const { server } = await serverWithoutOld()
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory } })
  await eventually(() =>
    expect(statsOf(to)).toMatchObject({ delivered: 30, waiting: 60, dropped: {} }),
  )
})

test('recovered batches that were refused follow the first new rows of their kind that are taken', async () => {
  const directory = temporaryDirectory()
  await left(directory, 10, PLAIN)
  let isGranted = false
  const server = await scriptedServer({
    each: () => (isGranted ? 'ok' : { status: 403, code: 497, body: 'Code: 497. Not enough' }),
  })
  const retry = { initialDelayMs: 60_000 } // none of them asks by itself while this test runs
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory }, retry })
  await eventually(() => expect(statsOf(to)).toMatchObject({ accepted: 30, inFlight: 0 }))
  await eventually(() => expect(server.inserts.length).toBeGreaterThan(0))
  await to.forceFlush()
  isGranted = true
  await exported(to, spans(1))
  await eventually(() => expect(statsOf(to)).toMatchObject({ delivered: 31, waiting: 0 }))
})

test('a time that is named with the refusal of a recovered batch is kept by new rows too', async () => {
  const directory = temporaryDirectory()
  await left(directory, 1, OLD)
  const refusal: Behaviour = { status: 403, headers: { 'retry-after': '60' } }
  const { server, ofOld } = await serverWithoutOld(refusal)
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory } })
  await eventually(() => expect(ofOld()).toHaveLength(1))
  await eventually(() => expect(statsOf(to)).toMatchObject({ inFlight: 0, errors: 1 }))
  await exported(to, spans(1))
  await expect(to.forceFlush({ timeoutMs: 300 })).rejects.toThrow('primary (4 rows)')
  expect(server.inserts).toHaveLength(1)
})

test('a recovered batch that is refused waits, also when it fills more than half of the memory', async () => {
  const directory = temporaryDirectory()
  await left(directory, 1, OLD, 200)
  const { server, ofOld } = await serverWithoutOld()
  const retry = { initialDelayMs: 60_000 }
  const queue = { maxBytes: 120 * 1024 }
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory }, retry, queue })
  await eventually(() => expect(ofOld().length).toBeGreaterThan(0))
  for (let n = 0; n < 20; n++) await exported(to, spans(1))
  await to.forceFlush()
  expect(statsOf(to)).toMatchObject({ delivered: 20, waiting: 200, dropped: {}, failing: false })
  expect(ofOld().length).toBeLessThanOrEqual(2) // compact and whole
})

test('of many recovered batches that are refused one asks for all, ever more rarely', async () => {
  const directory = temporaryDirectory()
  await left(directory, 20, OLD)
  const { server, ofOld } = await serverWithoutOld()
  const retry = { initialDelayMs: 20, multiplier: 4, maxDelayMs: 30_000 }
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory }, retry })
  await eventually(() => expect(statsOf(to)).toMatchObject({ accepted: 60, inFlight: 0 }))
  await eventually(() => expect(ofOld().length).toBeGreaterThan(0))
  await pause(1500)
  // At most four under way at first, compact and whole; then after 20, 80, 320 and 1280 ms, or half of that.
  expect(ofOld().length).toBeLessThanOrEqual(16)
})

test('recovered batches of which the rows are refused do not follow each new batch of their kind', async () => {
  const directory = temporaryDirectory()
  await left(directory, 10, PLAIN)
  const isLeft = ({ rows }: Received) => rows.length === 3
  const refusal: Behaviour = { status: 400, code: 4711, body: 'Code: 4711. New' }
  const server = await scriptedServer({
    each: (request) => (request.isInsert && isLeft(request) ? refusal : 'ok'),
  })
  const retry = { initialDelayMs: 60_000 } // none of them asks by itself while this test runs
  const to = exporterTo({ ...PLAIN, endpoint: server.url, spool: { directory }, retry })
  await eventually(() => expect(statsOf(to)).toMatchObject({ accepted: 30, inFlight: 0 }))
  for (let n = 0; n < 30; n++) {
    await exported(to, spans(1))
    await to.forceFlush()
  }
  expect(statsOf(to)).toMatchObject({ delivered: 30, waiting: 30, dropped: {} })
  expect(server.inserts.filter(isLeft).length).toBeLessThanOrEqual(12)
})

test('recovered batches that may have been stored by the process before count as possible duplicates where nothing deduplicates', async () => {
  const directory = temporaryDirectory()
  const options: Options = { ...PLAIN, asyncInsert: true }
  await left(directory, 2, options)
  const server = await scriptedServer()
  const to = exporterTo({ ...options, endpoint: server.url, spool: { directory } })
  await eventually(() => expect(statsOf(to)).toMatchObject({ delivered: 6, possibleDuplicates: 6 }))
})
