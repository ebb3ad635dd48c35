import { expect, test } from 'vitest'
import { type RecordedSignal, recordings } from '../kit/recorded-otlp.js'
import { newDatabase, realServer, receiverTo } from './kit.js'
import { logRow, pointRow, type Row, spanRow } from './rows-of-truth.js'
import { sendRecorded } from './send-recorded.js'

// Requests that the SDKs of other languages really sent, over real sockets into a real ClickHouse.

const server = realServer()

const SPANS = `SELECT trace_id, span_id, parent_span_id, trace_state, span_name, span_kind, toString(timestamp_ns) AS start,
  toString(timestamp_ns + duration_ns) AS end, status_code, status_message, service_name, scope_name, scope_version, attributes,
  resource_attributes, events.name AS event_names, arrayMap(t -> toString(toUnixTimestamp64Nano(t)), events.timestamp) AS event_times,
  events.attributes AS event_attributes, links.trace_id AS link_traces, links.span_id AS link_spans, links.attributes AS link_attributes`
const LOGS = `SELECT toString(toUnixTimestamp64Nano(timestamp)) AS time, toString(toUnixTimestamp64Nano(observed_timestamp)) AS observed,
  severity_number, severity_text, body, event_name, trace_id, span_id, trace_flags, service_name, scope_name, scope_version, attributes,
  resource_attributes`
const POINTS = `SELECT metric_name, metric_type, unit, description, temporality, is_monotonic, toString(toUnixTimestamp64Nano(timestamp)) AS time,
  toString(toUnixTimestamp64Nano(start_timestamp)) AS start, value, toString(count) AS count, sum, min, max, bounds,
  arrayMap(n -> toString(n), bucket_counts) AS bucket_counts, scale, toString(zero_count) AS zero_count, positive_offset,
  arrayMap(n -> toString(n), positive_bucket_counts) AS positive_bucket_counts, quantiles.quantile AS quantiles,
  quantiles.value AS quantile_values, service_name, scope_name, scope_version, attributes, exemplars.trace_id AS exemplar_traces,
  exemplars.value AS exemplar_values`

const TABLES: Record<RecordedSignal, { table: string; select: string }> = {
  traces: { table: 'traces', select: SPANS },
  logs: { table: 'logs', select: LOGS },
  metrics: { table: 'metrics', select: POINTS },
}

for (const { language, requests, truth } of recordings())
  for (const form of new Set(requests.map((request) => request.form)))
    test(`rows are what the SDK of ${language} made: ${form}`, async () => {
      const database = newDatabase()
      const receiver = await receiverTo({ endpoint: server.at.url, database })
      const sent = requests.filter((request) => request.form === form)
      for (const request of sent) await sendRecorded(request, receiver)

      const { spans = [], logs = [], points = [] } = truth
      expect(inOrder(await rowsOf('traces', database))).toMatchObject(inOrder(spans.map(spanRow)))
      expect(inOrder(await rowsOf('logs', database))).toMatchObject(inOrder(logs.map(logRow)))
      expect(inOrder(await rowsOf('metrics', database))).toMatchObject(
        inOrder(points.map(pointRow)),
      )
    })

async function rowsOf(signal: RecordedSignal, database: string): Promise<Row[]> {
  const { table, select } = TABLES[signal]
  const settings = 'output_format_json_quote_denormals = 1'
  const lines = await server.at.query(
    `${select} FROM ${database}.${table} FORMAT JSONEachRow SETTINGS ${settings}`,
  )
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

function inOrder(rows: readonly Row[]): Row[] {
  const key = ({ span_id, severity_number, body, metric_name, attributes }: Row) =>
    JSON.stringify([
      span_id ?? metric_name,
      severity_number,
      typeof body === 'string' ? body : '',
      (attributes as Row)['colour'],
    ])
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
