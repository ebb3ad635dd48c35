import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appWith, type Flag, registeredBy, run, WHOLE } from './app.js'

let server: ClickHouseServer
let next = 0
beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

/** Variables that send spans to a database of their own. */
function toClickHouse() {
  const database = `register${next++}`
  return {
    database,
    env: {
      OTEL_TRACES_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_DATABASE: database,
      OTEL_SERVICE_NAME: 'shop',
    },
  }
}

/** What is stored of a database's spans: scope without its common beginning, and name. */
async function spansIn(database: string): Promise<string[]> {
  const text = await server.query(
    `SELECT replace(scope_name, '@opentelemetry/instrumentation-', '') || ' ' || span_name AS line FROM ${database}.traces ORDER BY line FORMAT TSV`,
  )
  return text.trim().split('\n')
}

const ways: [string, string, Flag][] = [
  ['CommonJS', 'server.cjs', '--require'],
  ['CommonJS', 'server.cjs', '--import'],
  ['ES modules', 'server.mjs', '--require'],
  ['ES modules', 'server.mjs', '--import'],
]
const lines = [2, 3] as const

describe.each(lines)('with SDK %s', (sdk) => {
  test.each(ways)('an Express application of %s (%s) is traced by %s', async (_, script, flag) => {
    const folder = appWith(WHOLE, sdk)
    const { database, env } = toClickHouse()
    const app = run({ folder, args: [...registeredBy(flag), script, 'end'], env })
    expect(await app.ended).toEqual([0, null])
    expect(app.output).toMatch(/^answered\n(listeners .*\n)?$/)
    const spans = await spansIn(database)
    expect(spans).toContain('http GET /hello/:name') // the server's span, with the route that Express knows
    expect(spans).toContain('http GET') // the client's
    expect(spans.filter((span) => span.startsWith('express '))).not.toEqual([])
  })
})
