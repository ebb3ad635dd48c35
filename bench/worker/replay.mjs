// What a real server takes of spanhouse's own requests when they cost their sender nothing: they are recorded first, and
// then sent, some at a time.
import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { openFeed } from '../spans/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'
import { push } from './push.mjs'
import { settle } from './settle.mjs'
import { openTable } from './table.mjs'

const DIFFERENT_SPANS = 40_000

export async function measure({ subject, shape, spans: count, endpoints: [endpoint], atOnce }) {
  const inserts = await recordedInserts(subject, openFeed(shape, DIFFERENT_SPANS), count)
  const table = openTable(endpoint)
  await table.empty()
  await settle()
  const agent = new Agent({ keepAlive: true })
  const sendInTurn = async () => {
    for (let insert = inserts.shift(); insert; insert = inserts.shift())
      await send(endpoint, agent, insert)
  }
  return table.timed(count, () => Promise.all(Array.from({ length: atOnce }, sendInTurn)))
}

async function recordedInserts(name, nextSpan, count) {
  const inserts = []
  const recorder = createServer(async (incoming, response) => {
    const { url, headers } = incoming
    const body = await buffer(incoming)
    // Others ask the server about its tables.
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
