import { classify } from '#exporter'
import { type Check, ok, problem } from '../check.js'
import type { Facts } from '../facts.js'
import { refusalOf } from '../statement.js'

const PING_MS = 8000

/** Whether ClickHouse answers HTTP there. Credentials are not needed for a ping. */
export const http: Check<Facts> = {
  id: 'http',
  title: 'HTTP',
  needs: ['tls'],
  async run({ server, destination }, signal) {
    const startedAt = performance.now()
    const exchange = await server.client.send(
      {
        method: 'GET',
        path: '/ping',
        headers: {},
        body: Buffer.alloc(0),
        deadlineMs: PING_MS,
        repeatable: true,
      },
      signal,
    )
    const ms = Math.round(performance.now() - startedAt)
    const outcome = classify(exchange, { hasResult: true })
    if ('reply' in exchange && outcome.status === 'delivered') {
      const isPong = exchange.reply.body.trim() === 'Ok.'
      if (isPong) return [ok(`ClickHouse answers in ${ms} ms`)]
      if (await answersSql(server))
        return [ok(`ClickHouse answers through something that does not pass /ping on`)]
      return [problem('that is an HTTP server, but not ClickHouse', PORT)]
    }
    if (outcome.status === 'delivered') return []
    // A proxy may not pass /ping on, or ask for credentials.
    if ('reply' in exchange && (await answersSql(server)))
      return [ok('ClickHouse answers through a proxy, which refuses /ping')]
    const { text, fix } = refusalOf(outcome)
    return [problem(text, fix ?? `Check ${destination.endpoint.host}.`)]
  },
}

const PORT =
  '`endpoint` must name the HTTP port of ClickHouse: 8123, or 8443 with https://. Ports 9000 and 9440 are for clickhouse-client.'

/** True for a refusal with a code of ClickHouse too: credentials are another check. */
async function answersSql(server: Facts['server']): Promise<boolean> {
  const { rows, refused } = await server.rows('SELECT version() AS version')
  return rows ? typeof rows[0]?.['version'] === 'string' : refused.code > 0
}
