// Plain JavaScript, because child processes use it too. It makes the entry points of all signals alike: an exporter takes a list of
// records, and a collector one record at a time.
import {
  ClickHouseLogRecordExporter,
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  ClickHouseSpanExporter,
  ClickHouseSpanProcessor,
} from '@spanhouse/exporter-clickhouse'

const EXPORTERS = {
  traces: ClickHouseSpanExporter,
  logs: ClickHouseLogRecordExporter,
  metrics: ClickHouseMetricExporter,
}

export function openExporter(signal, options) {
  const exporter = new EXPORTERS[signal](options)
  const given = signal === 'metrics' ? resourceMetricsOf : (records) => records
  return {
    ...passedOn(exporter),
    source: exporter,
    export: (records, callback) => exporter.export(given(records), callback),
  }
}

/** There is no processor of metrics: an exporter that does not wait for servers gathers rows as one. */
export function openCollector(signal, options) {
  if (signal === 'metrics') {
    const exporter = new ClickHouseMetricExporter(gathering(options))
    const ignore = () => {}
    const add = (point) => exporter.export(resourceMetricsOf([point]), ignore)
    return { ...passedOn(exporter), source: exporter, add }
  }
  if (signal === 'logs') {
    const processor = new ClickHouseLogRecordProcessor(options)
    return { ...passedOn(processor), source: processor, add: (log) => processor.onEmit(log) }
  }
  const processor = new ClickHouseSpanProcessor(options)
  return { ...passedOn(processor), source: processor, add: (span) => processor.onEnd(span) }
}

/** Getters stay getters: a hostile one is read by the exporter alone. */
function gathering(options = {}) {
  const own = Object.getOwnPropertyDescriptors(options)
  return Object.defineProperties({ acknowledge: 'accepted' }, own)
}

function passedOn(to) {
  return {
    forceFlush: (options) => to.forceFlush(options),
    shutdown: () => to.shutdown(),
    stats: () => to.stats(),
  }
}

const NO_POINT = { resource: { attributes: {} }, scope: { name: '' } }

/** Points that are exported together have one resource and one scope. They are read when it is: getters of hostile ones throw then. */
export function resourceMetricsOf(points) {
  const first = points[0] ?? NO_POINT
  const scopeMetrics = {
    get scope() {
      return first.scope
    },
    get metrics() {
      return points.map(({ metric }) => metric)
    },
  }
  return {
    get resource() {
      return first.resource
    },
    scopeMetrics: [scopeMetrics],
  }
}
