export type { Stats } from '@spanhouse/exporter-clickhouse'
export type { LimitOptions, ReceiverOptions, TlsOptions } from './options.js'
export { openReceiver, type Receiver } from './receiver.js'
export type { ReceiverStats, RequestCount, SignalStats } from './telemetry/stats.js'
