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
    const exporter = new ClickHouseMetricExporter({ acknowledge: 'accepted', ...options })
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

function passedOn(to) {
  return {
    forceFlush: (options) => to.forceFlush(options),
    shutdown: () => to.shutdown(),
    stats: () => to.stats(),
  }
}

/** Points that are exported together have one resource and one scope. */
function resourceMetricsOf(points) {
  const { resource, scope } = points[0] ?? { resource: { attributes: {} }, scope: { name: '' } }
  return { resource, scopeMetrics: [{ scope, metrics: points.map(({ metric }) => metric) }] }
}
