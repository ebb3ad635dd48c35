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
    /** The stored log lines of a scope, with the names of the spans they belong to. */
    logsIn: (database: string) =>
      lines(
        `SELECT l.severity_text, l.body, l.scope_name, t.span_name FROM ${database}.logs AS l LEFT JOIN ${database}.traces AS t ON l.span_id = t.span_id AND l.trace_id = t.trace_id ORDER BY l.body`,
      ),
    /** The sum of the last value of each series of a metric. */
    metricsIn: (database: string) =>
      lines(
        `SELECT metric_name, argMax(value, timestamp) FROM ${database}.metrics WHERE metric_name LIKE 'shop.%' GROUP BY metric_name, attributes ORDER BY metric_name`,
      ),
    tablesIn: (database: string) =>
      lines(`SELECT name FROM system.tables WHERE database = '${database}'`),
    /** One value of each stored span, in the order of their names. */
    valuesIn: (database: string, expression: string) =>
      lines(`SELECT ${expression} FROM ${database}.traces ORDER BY span_name`),
    get httpPort() {
      return server.httpPort
    },
  }
}
