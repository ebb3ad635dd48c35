import { randomBytes } from 'node:crypto'
import {
  BatchLogRecordProcessor,
  batchSpanProcessor,
  LoggerProvider,
  MeterProvider,
  PeriodicExportingMetricReader,
  resourceFromAttributes,
  TracerProvider,
  trace,
} from '#sdk'
import { ROOT_CONTEXT } from '../sdk2/node_modules/@opentelemetry/api'
import type { RecordExporter } from './entry-points.mjs'
import type { SignalName } from './numbered-records.mjs'

/** A provider of the SDK, with the processor or reader of the SDK that exports in batches. */
export interface Provider {
  /** So many records, each with an id. */
  make(count: number): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

const RESOURCE = { 'service.name': 'shop' }
// The forceFlush() of a processor does not wait for exports that it began by itself, so it must begin none.
const BATCHES = { scheduledDelayMillis: 60_000, maxQueueSize: 4096, maxExportBatchSize: 2048 }

/** `exporter`: of the same signal. A metric exporter needs `temporality: 'delta'`, or it is given every earlier point again. */
export function providerOf(signal: SignalName, { source }: RecordExporter): Provider {
  return PROVIDERS[signal](source as never)
}

const PROVIDERS = { traces: tracing, logs: logging, metrics: metering }

function tracing(exporter: never): Provider {
  const resource = resourceFromAttributes(RESOURCE)
  const spanProcessors = [batchSpanProcessor(exporter, BATCHES)]
  const provider = new TracerProvider({ resource, spanProcessors })
  const tracer = provider.getTracer('shop')
  return {
    make: (count) => times(count, () => tracer.startSpan('GET /').end()),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  }
}

function logging(exporter: never): Provider {
  const resource = resourceFromAttributes(RESOURCE)
  const processors = [new BatchLogRecordProcessor({ exporter, ...BATCHES })]
  const provider = new LoggerProvider({ resource, processors })
  const logger = provider.getLogger('shop')
  const emit = () => {
    const spanContext = { traceId: hex(16), spanId: hex(8), traceFlags: 1 }
    logger.emit({
      body: 'GET / answered',
      severityNumber: 9,
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
    })
  }
  return {
    make: (count) => times(count, emit),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  }
}

function metering(exporter: never): Provider {
  const resource = resourceFromAttributes(RESOURCE)
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: 3_600_000,
    cardinalityLimits: { default: 100_000 }, // the SDK remembers every attribute that it has ever seen
  })
  const provider = new MeterProvider({ resource, readers: [reader] })
  let ids: string[] = []
  const gauge = provider.getMeter('shop').createObservableGauge('stock')
  gauge.addCallback((result) => {
    for (const id of ids) result.observe(7, { 'fault.id': id })
    ids = []
  })
  return {
    make: (count) => times(count, () => ids.push(hex(8))),
    forceFlush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
  }
}

function times(count: number, work: () => unknown): void {
  for (let done = 0; done < count; done++) work()
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
