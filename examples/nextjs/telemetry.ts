import { NodeSDK } from '@opentelemetry/sdk-node'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'

const sdk = new NodeSDK({
  serviceName: 'website',
  // Next.js ends the process itself at a signal, too soon for this, unless NEXT_MANUAL_SIG_HANDLE is set (package.json).
  spanProcessors: [new ClickHouseSpanProcessor({ flushOnSignal: true })],
  // Without these two lines NodeSDK sends metrics and logs to an OpenTelemetry Collector on this machine.
  metricReaders: [],
  logRecordProcessors: [],
})

sdk.start()
