import { createTable, createView, type Placement, placed, type TableShape } from '../sql/ddl.js'
import { longestKept } from '../sql/retention.js'

const second = { type: 'DateTime', codec: 'Delta(4), ZSTD(1)' }

const shape: TableShape = {
  columns: [
    { name: 'TraceId', type: 'String', codec: 'ZSTD(1)' },
    { name: 'Start', ...second },
    { name: 'End', ...second },
  ],
  indexes: ['idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1'],
  partitionBy: 'toDate(Start)',
  orderBy: '(TraceId, Start)',
  ttl: "least(Start, toDateTime('2100-01-01 00:00:00', 'UTC'))", // so that the sum stays below 2106 too
}

/** Creates `<table>_trace_id_ts`, with the start and end of each trace, and the view `<table>_trace_id_ts_mv` that fills it. Readers of the Collector's tables look for these names. */
export function traceIdTimes(at: Placement): string[] {
  const target = { ...longestKept(at), table: `${at.table}_trace_id_ts` }
  const view = { ...at, table: `${at.table}_trace_id_ts_mv` }
  const select = `SELECT TraceId, ${secondOf('min')} AS Start, ${secondOf('max')} AS End
FROM ${placed(at)}
WHERE TraceId != ''
GROUP BY TraceId`
  return [createTable(shape, target), createView(view, target, select)]
}

// A DateTime ends in 2106, the time of a span in 2262: without least() later times would wrap round to the past.
function secondOf(aggregate: 'min' | 'max'): string {
  return `toDateTime(least(${aggregate}(Timestamp), toDateTime64('2106-02-07 06:28:15', 9, 'UTC')))`
}
