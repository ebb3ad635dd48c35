import {
  spanJson,
  spanMarkdown,
  type Trace,
  type TraceSpan,
  traceJson,
  traceMarkdown,
} from '@spanhouse/queries'
import type { Logs } from './logs.js'

/** What can be copied of a trace or a span. Texts are made when they are wanted. */
export interface Copies {
  readonly markdown: () => string
  readonly json: () => string
  readonly sql: () => string
}

/** `sql` is the server's query of the trace. */
export function traceCopies(trace: Trace, sql: string, { lines }: Pick<Logs, 'lines'>): Copies {
  const rows = () => lines.map(({ row }) => row)
  return {
    markdown: () => traceMarkdown(trace, rows()),
    json: () => JSON.stringify(traceJson(trace, rows()), null, 2),
    sql: () => sql,
  }
}

export function spanCopies(span: TraceSpan, sql: string): Copies {
  return {
    markdown: () => spanMarkdown(span),
    json: () => JSON.stringify({ trace_id: span.row.trace_id, ...spanJson(span) }, null, 2),
    sql: () => spanSql(span.row.span_id, sql),
  }
}

/** The span out of the server's query of its trace. An id that is no number is not put into SQL. */
export function spanSql(spanId: string, sql: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(spanId)) return sql
  return `SELECT *\nFROM\n(\n${sql}\n)\nWHERE span_id = '${spanId}'`
}
