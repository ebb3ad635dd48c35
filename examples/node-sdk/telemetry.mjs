import { NodeSDK } from '@opentelemetry/sdk-node'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const sdk = new NodeSDK({
  serviceName: 'checkout',
  spanProcessors: [new ClickHouseSpanProcessor({ flushOnSignal: true })],
  // Without these two lines NodeSDK sends metrics and logs to an OpenTelemetry Collector on this machine.
  metricReaders: [],
  logRecordProcessors: [],
})

sdk.start()
