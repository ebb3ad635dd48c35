// All a service needs to send its spans, log records and metrics to ClickHouse. Loaded before the service itself:
//   node --import ./telemetry.mjs storefront.mjs
import { hostname } from 'node:os'
import {
  context,
  DiagConsoleLogger,
  DiagLogLevel,
  diag,
  metrics,
  propagation,
  trace,
} from '@opentelemetry/api'
import { logs } from '@opentelemetry/api-logs'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import {
  ClickHouseLogRecordProcessor,
  ClickHouseMetricExporter,
  ClickHouseSpanProcessor,
} from '@spanhouse/exporter-clickhouse'
import { countingPoints, recordCounter, spanCounter } from './counters.mjs'

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)

const options = {
  // [{ name: 'local', endpoint: 'http://127.0.0.1:8123' }, { name: 'central', endpoint: … }]
  destinations: JSON.parse(process.env.SHOP_DESTINATIONS),
  batch: { maxDelayMs: 500 }, // twice as often as by default, so that one can watch the rows arrive
}
const resource = resourceFromAttributes({
  'service.name': process.env.SHOP_SERVICE,
  'service.version': '1.4.0',
  'host.name': hostname(),
  'process.pid': process.pid,
  'project.name': 'shop',
  'deployment.environment.name': 'demo',
  'demo.run_id': process.env.SHOP_RUN_ID,
})

export const spans = new ClickHouseSpanProcessor(options)
export const records = new ClickHouseLogRecordProcessor(options)
export const points = new ClickHouseMetricExporter(options)
export const pointCounter = countingPoints(points)

const tracerProvider = new BasicTracerProvider({ resource, spanProcessors: [spans, spanCounter] })
// Ours is the last: it takes a record as it is then.
const loggerProvider = new LoggerProvider({ resource, processors: [recordCounter, records] })
const meterProvider = new MeterProvider({
  resource,
  readers: [
    new PeriodicExportingMetricReader({ exporter: pointCounter, exportIntervalMillis: 1000 }),
  ],
})
export const providers = [tracerProvider, loggerProvider, meterProvider]

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(tracerProvider)
logs.setGlobalLoggerProvider(loggerProvider)
metrics.setGlobalMeterProvider(meterProvider)

registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation({
      // A call is "GET" by default; "GET catalog" says more, and still has few distinct values.
      requestHook: (span, request) => {
        if (request.host) span.updateName(`${request.method} ${request.host}`)
      },
    }),
    // Express names the server's span after its route; a second span for every layer would say no more.
    new ExpressInstrumentation({ ignoreLayersType: Object.values(ExpressLayerType) }),
  ],
})
