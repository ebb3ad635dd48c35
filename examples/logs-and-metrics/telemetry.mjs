// The three signals in code. Loaded before the application: node --import ./telemetry.mjs app.mjs
import { register } from 'node:module'
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express'
import { HostMetricsInstrumentation } from '@opentelemetry/instrumentation-host-metrics'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'
import { metrics, NodeSDK } from '@opentelemetry/sdk-node'
import {
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  ClickHouseSpanProcessor,
} from '@spanhouse/exporter-clickhouse'

// Lets instrumentations see what an application imports; what it requires they see without this line.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url)

const sdk = new NodeSDK({
  serviceName: 'tickets',
  spanProcessors: [new ClickHouseSpanProcessor()],
  logRecordProcessors: [new ClickHouseLogRecordProcessor()],
  metricReaders: [
    new metrics.PeriodicExportingMetricReader({
      exporter: new ClickHouseMetricExporter(),
      exportIntervalMillis: 1000, // for this short run; the default of one minute is right for most services
    }),
  ],
  instrumentations: [
    new HttpInstrumentation(),
    new ExpressInstrumentation({ ignoreLayersType: Object.values(ExpressLayerType) }),
    new PinoInstrumentation(), // sends what pino writes, and adds trace_id and span_id to its lines
    new RuntimeNodeInstrumentation(),
    new HostMetricsInstrumentation(),
  ],
})

sdk.start()

process.once('SIGTERM', () => sdk.shutdown().finally(() => process.exit()))
