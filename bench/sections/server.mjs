// Spans a second into a real server: from each subject, and as requests that were recorded before and cost their sender nothing.
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { openFeed } from '../records/feed.mjs'
import { jobsFor, startSubject, subjects } from '../subjects/subjects.mjs'
import { ask, push, settle, warmedUp } from './kit.mjs'

const TABLE = 'telemetry.traces'
const DIFFERENT_SPANS = 40_000

export const server = {
  name: 'server',
  title: 'Spans a second into a real ClickHouse',
  about:
    'The server of @spanhouse/local-clickhouse and the process share the cores. The time ends when SELECT count() finds every span. ' +
    'The last row shows how much the server can take: requests of spanhouse were recorded before and are only sent, four at a time. × is the ratio to this row.',
  sizes: {
    full: { rounds: 5, spans: 200_000, compared: ['spanhouse', 'spanhouse-br', 'client'] },
    quick: { rounds: 3, spans: 20_000, compared: ['spanhouse'] },
  },
  baseline: () => 'replayed',
  figures: [{ name: 'spansPerSecond', title: 'spans a second', digits: 0, chart: true }],
  titleOf: (key) => (key === 'replayed' ? 'recorded requests, only sent' : subjects[key].title),
  async jobs({ spans, compared }, servers) {
    const job = { shape: 'reference', spans, endpoints: [await servers.clickHouse()] }
    return {
      ...jobsFor(compared, { measure: 'server.mjs#measureInserted', ...job }),
      replayed: {
        measure: 'server.mjs#measureReplayed',
        subject: 'spanhouse',
        atOnce: 4,
        ...job,
      },
    }
  },
}

export async function measureInserted(job) {
  const { subject, nextSpan } = await warmedUp(job)
  const [endpoint] = job.endpoints
  await emptyTable(endpoint)
  return timeInserted(endpoint, job.spans, () => push(subject, nextSpan, job.spans))
}

export async function measureReplayed({ subject, shape, spans, endpoints: [endpoint], atOnce }) {
  const inserts = await recordedInserts(subject, openFeed(shape, DIFFERENT_SPANS), spans)
  await emptyTable(endpoint)
  await settle()
  const agent = new Agent({ keepAlive: true })
  const sendInTurn = async () => {
    for (let insert = inserts.shift(); insert; insert = inserts.shift())
      await send(endpoint, agent, insert)
  }
  return timeInserted(endpoint, spans, () =>
    Promise.all(Array.from({ length: atOnce }, sendInTurn)),
  )
}

async function recordedInserts(name, nextSpan, count) {
  const inserts = []
  const recorder = createServer(async (incoming, response) => {
    const { url, headers } = incoming
    const body = await buffer(incoming)
    // Requests without an encoding are questions about tables.
    if (headers['content-encoding']) inserts.push({ url, headers, body })
    response.end()
  })
  await once(recorder.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${recorder.address().port}`
  await push(await startSubject(name, { endpoints: [endpoint] }), nextSpan, count)
  return inserts
}

async function send(endpoint, agent, { url, headers: { host, connection, ...headers }, body }) {
  const post = request(new URL(url, endpoint), { method: 'POST', agent, headers }).end(body)
  const [response] = await once(post, 'response')
  await once(response.resume(), 'end')
  if (response.statusCode !== 200) throw new Error(`The server answered ${response.statusCode}`)
}

function emptyTable(endpoint) {
  return ask(endpoint, `TRUNCATE TABLE ${TABLE}`)
}

/** Does the work, and waits until exactly `count` rows can be counted. */
async function timeInserted(endpoint, count, work) {
  const rows = async () => Number(await ask(endpoint, `SELECT count() FROM ${TABLE}`))
  const startedAt = performance.now()
  await work()
  while ((await rows()) < count) await sleep(5)
  const seconds = (performance.now() - startedAt) / 1000
  const found = await rows()
  if (found !== count) throw new Error(`${found} rows of ${count} spans`)
  return { spansPerSecond: count / seconds }
}
