import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, beforeAll } from 'vitest'

/** A server for the tests of a file. */
export function useClickHouse() {
  let server: ClickHouseServer
  let next = 0
  beforeAll(async () => {
    server = await startClickHouse()
  })
  afterAll(() => server?.stop())

  const lines = async (query: string) => {
    const text = await server.query(`${query} FORMAT TSV`).catch((error: Error) => {
      if (/UNKNOWN_TABLE|UNKNOWN_DATABASE/.test(error.message)) return '' // nothing has come
      throw error
    })
    return text.split('\n').filter((line) => line !== '')
  }

  return {
    /** Variables that send spans to a database of their own. */
    destination(endpoint = server.url) {
      const database = `register${next++}`
      return {
        database,
        env: {
          OTEL_TRACES_EXPORTER: 'clickhouse',
          OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: endpoint,
          OTEL_EXPORTER_CLICKHOUSE_DATABASE: database,
          OTEL_SERVICE_NAME: 'shop',
        },
      }
    },
    /** The scope (without `@opentelemetry/instrumentation-`) and the name of each stored span. */
    spansIn: (database: string) =>
      lines(
        `SELECT replace(scope_name, '@opentelemetry/instrumentation-', '') || ' ' || span_name AS line FROM ${database}.traces ORDER BY line`,
      ),
    /** One value of each stored span, in the order of their names. */
    valuesIn: (database: string, expression: string) =>
      lines(`SELECT ${expression} FROM ${database}.traces ORDER BY span_name`),
    get httpPort() {
      return server.httpPort
    },
  }
}
