import type { IMetricReader, LogRecordExporter, LogRecordProcessor, PushMetricExporter } from '#sdk'
import type {
  ClickHouseLogRecordExporter,
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  LogRecordProcessors,
  MetricReaders,
} from '../../packages/exporter-clickhouse/src/index.js'
import type * as logsOfSdk3 from '../sdk3/node_modules/@opentelemetry/sdk-logs'
import type * as metricsOfSdk3 from '../sdk3/node_modules/@opentelemetry/sdk-metrics'

// Not run: the compiler checks that what is public fits the interfaces of both SDKs. The types of `#sdk` are those of SDK 2.
type Fits<Ours extends Theirs, Theirs> = [Ours, Theirs]
export type TypesFit = [
  Fits<ClickHouseLogRecordExporter, LogRecordExporter>,
  Fits<ClickHouseLogRecordExporter, logsOfSdk3.LogRecordExporter>,
  Fits<ClickHouseLogRecordProcessor, LogRecordProcessor>,
  Fits<ClickHouseLogRecordProcessor, logsOfSdk3.LogRecordProcessor>,
  Fits<LogRecordProcessors, LogRecordProcessor[]>,
  Fits<LogRecordProcessors, logsOfSdk3.LogRecordProcessor[]>,
  Fits<ClickHouseMetricExporter, PushMetricExporter>,
  Fits<ClickHouseMetricExporter, metricsOfSdk3.PushMetricExporter>,
  Fits<MetricReaders, IMetricReader[]>,
  Fits<MetricReaders, metricsOfSdk3.IMetricReader[]>,
]
