import {
  defineTable,
  flatLogs,
  flatMetrics,
  flatTraces,
  otelLogs,
  otelMetricsExponentialHistogram,
  otelMetricsGauge,
  otelMetricsHistogram,
  otelMetricsSum,
  otelMetricsSummary,
  otelTraces,
  type Table,
} from '@spanhouse/transform'
import type { AnyRecord, SignalName } from './numbered-records.mjs'
import { LONG } from './patience.js'
import { figure } from './results.js'
import { shopLog, shopPoint } from './shop-records.js'
import { shopSpan } from './shop-spans.js'

/** What a test has to know of a signal, and of the tables that its rows go to. */
export interface SignalUnderTest {
  readonly signal: SignalName
  readonly family: 'flat' | 'otel'
  /** For titles. */
  readonly title: string
  readonly tables: readonly Table<never>[]
  /** The expression of these tables that gives the id of a row. */
  readonly id: string
  /** The name of a span or metric, the body of a log record: the column that tells poison. */
  readonly label: string
  /** A record like those of the demo's shop, with an id that no other has. */
  make(): AnyRecord
  /** A record with these attributes, and an id of its own. */
  with(attributes: Readonly<Record<string, unknown>>): AnyRecord
}

type Signal = Omit<SignalUnderTest, 'family' | 'title' | 'tables' | 'id' | 'label'> & {
  readonly title: string
  readonly flat: Pick<SignalUnderTest, 'tables' | 'id' | 'label'>
  readonly otel: Pick<SignalUnderTest, 'tables' | 'id' | 'label'>
}

const SPANS: Signal = {
  signal: 'traces',
  title: 'spans',
  make: shopSpan,
  with: (attributes) => ({ ...shopSpan(), attributes }),
  flat: { tables: [flatTraces], id: 'span_id', label: 'span_name' },
  otel: { tables: [otelTraces], id: 'SpanId', label: 'SpanName' },
}

const LOGS: Signal = {
  signal: 'logs',
  title: 'log records',
  make: shopLog,
  with: (attributes) => ({ ...shopLog(), attributes }),
  flat: { tables: [flatLogs], id: 'span_id', label: 'body' },
  otel: { tables: [otelLogs], id: 'SpanId', label: 'Body' },
}

const METRICS: Signal = {
  signal: 'metrics',
  title: 'data points',
  make: shopPoint,
  with(attributes) {
    const { metric, ...others } = shopPoint()
    const dataPoints = metric.dataPoints.map((point) => ({
      ...point,
      attributes: { 'fault.id': point.attributes['fault.id'], ...attributes },
    }))
    return { ...others, metric: { ...metric, dataPoints } }
  },
  flat: { tables: [flatMetrics], id: "attributes['fault.id']", label: 'metric_name' },
  otel: {
    tables: [
      otelMetricsGauge,
      otelMetricsSum,
      otelMetricsHistogram,
      otelMetricsExponentialHistogram,
      otelMetricsSummary,
    ],
    id: "Attributes['fault.id']",
    label: 'MetricName',
  },
}

function inFamily({ flat, otel, ...signal }: Signal, family: 'flat' | 'otel'): SignalUnderTest {
  const title = family === 'flat' ? signal.title : `${signal.title} in the Collector's tables`
  return { ...signal, ...(family === 'flat' ? flat : otel), family, title }
}

/** The signals with their tables of our own. */
export const SIGNALS: readonly [SignalUnderTest, SignalUnderTest, SignalUnderTest] = [
  inFamily(SPANS, 'flat'),
  inFamily(LOGS, 'flat'),
  inFamily(METRICS, 'flat'),
]
export const [TRACES] = SIGNALS

export const METRICS_BY_TYPE: SignalUnderTest = inFamily(METRICS, 'otel')

/** Every signal, and each way of its rows: to one table, or by the type of a metric to one of five. A long run has every table. */
export const SIGNALS_AND_TABLES: readonly SignalUnderTest[] = LONG
  ? [...SIGNALS, inFamily(SPANS, 'otel'), inFamily(LOGS, 'otel'), METRICS_BY_TYPE]
  : [TRACES, inFamily(LOGS, 'flat'), METRICS_BY_TYPE]

/** For `test.each`: the title, for `%s`, and the signal. */
export function titled(
  signals: readonly SignalUnderTest[],
): (readonly [title: string, of: SignalUnderTest])[] {
  return signals.map((of) => [of.title, of] as const)
}

/** A figure of one signal: docs/reliability.md shows the signals side by side. */
export function signalFigure(
  test: string,
  { signal, family, title }: SignalUnderTest,
  values: Readonly<Record<string, unknown>>,
): void {
  figure(`${test}, ${title}`, { signal, family, of: test, ...values })
}

export function records({ make }: SignalUnderTest, count: number): AnyRecord[] {
  return Array.from({ length: count }, make)
}

/** A table with little work for the server, for tests of many inserts: `traces`, `logs` or `metrics`, with a column `span_id`. */
export function narrowTable({ signal }: Pick<SignalUnderTest, 'signal'>): Table<Identified> {
  return defineTable<Identified>({
    name: signal,
    columns: [{ name: 'span_id', type: 'String', value: idOf }],
    orderBy: 'span_id',
  })
}

/** The same signal with one table of one's own, whose column `span_id` is the id of a row. */
export function withTable(signal: SignalUnderTest, table: Table<never>): SignalUnderTest {
  return { ...signal, tables: [table], id: 'span_id' }
}

/** A span, a log record or a data point, as a table of one's own gets it. */
export interface Identified {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly spanContext?: unknown
  readonly resource: object
  readonly instrumentationScope: object
}

export function idOf(record: Identified): unknown {
  const { spanContext, attributes } = record
  const context = typeof spanContext === 'function' ? spanContext.call(record) : spanContext
  return context?.spanId ?? attributes['fault.id']
}

/** Adds records at a steady rate until it is stopped; resolves with their number. */
export function load(
  to: { add(record: AnyRecord): void },
  { make }: SignalUnderTest,
  recordsPerSecond: number,
): { stop(): number; readonly made: number } {
  let before = performance.now()
  let due = 0
  let made = 0
  const timer = setInterval(() => {
    const now = performance.now()
    // What a busy machine leaves no time for is not done later all at once: no application does that either.
    due += (Math.min(now - before, 50) / 1000) * recordsPerSecond
    before = now
    for (; made < Math.floor(due); made++) to.add(make())
  }, 10)
  return {
    get made() {
      return made
    },
    stop() {
      clearInterval(timer)
      return made
    },
  }
}
