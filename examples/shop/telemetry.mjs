// All a service needs to send its spans to ClickHouse. Loaded before the service itself:
//   node --import ./telemetry.mjs storefront.mjs
import { hostname } from 'node:os'
import {
  context,
  DiagConsoleLogger,
  DiagLogLevel,
  diag,
  propagation,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { registerInstrumentations } from '@opentelemetry/instrumentation'
import { ExpressInstrumentation, ExpressLayerType } from '@opentelemetry/instrumentation-express'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { spanCounter } from './span-counter.mjs'

diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN)

export const processor = new ClickHouseSpanProcessor({
  // [{ name: 'local', endpoint: 'http://127.0.0.1:8123' }, { name: 'central', endpoint: … }]
  destinations: JSON.parse(process.env.SHOP_DESTINATIONS),
  batch: { maxDelayMs: 500 }, // twice as often as by default, so that one can watch the rows arrive
})

export const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({
    'service.name': process.env.SHOP_SERVICE,
    'service.version': '1.4.0',
    'host.name': hostname(),
    'process.pid': process.pid,
    'project.name': 'shop',
    'deployment.environment.name': 'demo',
    'demo.run_id': process.env.SHOP_RUN_ID,
  }),
  spanProcessors: [processor, spanCounter],
})

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
propagation.setGlobalPropagator(new W3CTraceContextPropagator())
trace.setGlobalTracerProvider(provider)

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
