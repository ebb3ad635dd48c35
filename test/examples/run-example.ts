import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

export interface Row {
  readonly service_name: string
  readonly span_name: string
  readonly span_kind: string
  readonly trace_id: string
  readonly span_id: string
  readonly parent_span_id: string
  readonly attributes: Record<string, string>
  readonly resource_attributes: Record<string, string>
}

interface Ended {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

interface Options {
  readonly script?: string
  readonly env?: Record<string, string>
}

/** Runs an example as `npm run example -- <name> <script>` does, into a database of its own. */
export async function runExample(
  server: ClickHouseServer,
  name: string,
  { script = 'start', env = {} }: Options = {},
): Promise<Ended & { readonly rows: readonly Row[] }> {
  const database = databaseOf(name, script)
  const how = { cwd: root, env: { ...process.env, ...exporterEnv(server, database), ...env } }
  const result = await ended(process.execPath, ['scripts/example.mjs', name, script], how)
  return { ...result, rows: await rowsIn(server, database) }
}

export function databaseOf(name: string, script: string): string {
  return `${name}_${script}`.replaceAll(/\W/g, '_')
}

/** What tells an exporter in another process where to send. */
export function exporterEnv({ url }: ClickHouseServer, database: string): Record<string, string> {
  return {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: url,
    OTEL_EXPORTER_CLICKHOUSE_DATABASE: database,
  }
}

export function ended(
  command: string,
  args: readonly string[],
  how: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(command, args, how, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

/** The rows of the table of traces; none if there is no table. */
export async function rowsIn(server: ClickHouseServer, database: string): Promise<Row[]> {
  const sql = `SELECT * FROM ${database}.traces ORDER BY timestamp`
  return asked<Row>(server, sql).catch(() => [])
}

export async function asked<T>(server: ClickHouseServer, sql: string): Promise<T[]> {
  const settings = 'SETTINGS output_format_json_quote_64bit_integers = 0'
  const text = await server.query(`${sql} ${settings} FORMAT JSONEachRow`)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
