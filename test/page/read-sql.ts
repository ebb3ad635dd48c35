import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import type { Reply } from './kit.js'

export const MOST_ROWS = 10_000

/** Runs a statement as the command does: read only and limited, with the server's sentence if it fails. */
export async function readSql(server: ClickHouseServer, sql: string): Promise<Reply> {
  const settings = new URLSearchParams({
    readonly: '1',
    max_execution_time: '20',
    max_result_rows: `${MOST_ROWS}`,
    result_overflow_mode: 'break',
    wait_end_of_query: '1',
    default_format: 'JSONCompact',
    output_format_json_quote_64bit_integers: '1',
  })
  const response = await fetch(`${server.url}/?${settings}`, { method: 'POST', body: sql })
  const text = await response.text()
  if (!response.ok) return { status: 400, error: failureOf(text) }
  if (text.trim() === '')
    return { body: { columns: [], rows: [], elapsedMs: 1, rowsRead: 0, truncated: false } }
  const { meta, data, statistics } = JSON.parse(text) as {
    meta: { name: string; type: string }[]
    data: unknown[][]
    statistics: { elapsed: number; rows_read: number }
  }
  return {
    body: {
      columns: meta,
      rows: data.slice(0, MOST_ROWS),
      elapsedMs: statistics.elapsed * 1000,
      rowsRead: statistics.rows_read,
      truncated: data.length > MOST_ROWS,
    },
  }
}

function failureOf(text: string): { message: string; fix?: string } {
  const message = text
    .replace(/^.*?DB::Exception: /s, '')
    .replace(/\s*\([A-Z_]+\) \(version .*$/s, '')
    .replace(/\s+/g, ' ')
    .replace(/\.$/, '')
    .slice(0, 400)
  if (!/Code: 164\./.test(text)) return { message: `ClickHouse says: ${message}` }
  return {
    message: `Only reading is allowed here, and ClickHouse says: ${message}`,
    fix: 'write SELECT, SHOW, DESCRIBE or EXPLAIN, without settings',
  }
}
