export type { DropReason } from './accounting/drop-reason.js'
export type { DestinationStats, Stats } from './accounting/stats.js'
export { logRecordProcessorsFromEnv, spanProcessorsFromEnv } from './backends/from-env.js'
export {
  type MetricReader,
  type MetricReaders,
  metricReadersFromEnv,
} from './backends/metric-readers.js'
export type {
  LogRecordProcessors,
  SpanProcessors,
  SwitchableLogRecordProcessor,
  SwitchableSpanProcessor,
} from './backends/processors.js'
export { switchBackend } from './backends/switch-backend.js'
export { ClickHouseError, ConfigError } from './common/errors.js'
export type { FlushOptions } from './common/flush-options.js'
export { explainConfig } from './config/explain.js'
export type { ExplainedConfig, ExplainedSetting } from './config/explained.js'
export { loadOptions } from './config/load-options.js'
export type { DestinationOptions, NamedDestinationOptions, Options } from './config/options.js'
export type {
  Condition,
  Dispatch,
  DispatchContext,
  Filter,
  FilterContext,
  FilterRules,
  RedactOptions,
  SampleOptions,
  SampleRule,
} from './config/routing-options.js'
export type { AllMetricsOptions, MetricsOptions, SignalOptions } from './config/signal-options.js'
export { withFlush } from './lifetime/with-flush.js'
export { ClickHouseLogRecordExporter } from './logs/log-record-exporter.js'
export { ClickHouseLogRecordProcessor } from './logs/log-record-processor.js'
export { ClickHouseMetricExporter } from './metrics/metric-exporter.js'
export type { ExportResult } from './pipeline/exports.js'
export { ClickHouseSpanExporter } from './traces/span-exporter.js'
export { ClickHouseSpanProcessor } from './traces/span-processor.js'
