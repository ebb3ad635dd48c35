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
  /** What is in the table, by time of start. */
  readonly rows: readonly Row[]
}

/** Runs an example as `npm run example -- <name> <script>` does, into a database of its own. */
export async function runExample(
  server: ClickHouseServer,
  name: string,
  { script = 'start', env = {} }: { script?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const database = `${name}_${script}`.replaceAll(/\W/g, '_')
  const own = {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_CLICKHOUSE_DATABASE: database,
  }
  const ended = await new Promise<Omit<Ended, 'rows'>>((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...own, ...env } }
    const args = ['scripts/example.mjs', name, script]
    const child = execFile(process.execPath, args, options, (_, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    )
  })
  return { ...ended, rows: await rowsIn(server, database) }
}

/** The rows of a database's table; none if there is no table. */
export async function rowsIn(server: ClickHouseServer, database: string): Promise<Row[]> {
  const text = await server
    .query(`SELECT * FROM ${database}.traces ORDER BY timestamp FORMAT JSONEachRow`)
    .catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
