import type { LogRecordLike, SpanLike } from '@spanhouse/transform'
import type { Signal } from '../config/config.js'
import { parseConfig } from '../config/parse-config.js'
import type { OtlpProtocol } from '../config/sources/sdk-environment.js'
import { snapshot } from '../logs/snapshot.js'
import type { OfResource } from '../pipeline/pending-resources.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { isSampled } from '../traces/sampled.js'
import type { SdkProcessor } from './sdk.js'

/** What the SDK and the official exporters call things for one signal. */
export interface Kind {
  readonly signal: Signal
  /** What a backend takes, for messages. */
  readonly records: string
  /** The packages of the SDK, the first that is installed is used. Without `@opentelemetry/`. */
  readonly packages: readonly string[]
  readonly otlp: {
    readonly packages: Readonly<Record<OtlpProtocol, string>>
    readonly exporter: string
  }
  /** The class that prints on the console. */
  readonly console: string
}

/** A signal whose records pass through processors one by one. */
export interface RecordKind<Input extends OfResource> extends Kind {
  /** What makes its processors, for messages. */
  readonly maker: string
  readonly batch: string
  readonly simple: string
  isTaken(record: Input): boolean
  hand(to: SdkProcessor, record: Input, context: unknown): void
  /** Our own way. The line that says at the start what is configured begins with `lead`. */
  openPipeline(env: NodeJS.ProcessEnv, lead: string): Pipeline<Input>
}

export const SPANS: RecordKind<SpanLike> = {
  signal: 'traces',
  records: 'spans',
  packages: ['sdk-trace', 'sdk-trace-base'],
  otlp: officialExporters('trace', 'OTLPTraceExporter'),
  console: 'ConsoleSpanExporter',
  maker: 'spanProcessorsFromEnv()',
  batch: 'BatchSpanProcessor',
  simple: 'SimpleSpanProcessor',
  isTaken: isSampled,
  hand: (to, span) => to.onEnd?.(span),
  openPipeline: (env, lead) => new Pipeline(parseConfig('traces', {}, env), { lead }),
}

export const LOG_RECORDS: RecordKind<LogRecordLike> = {
  signal: 'logs',
  records: 'log records',
  packages: ['sdk-logs'],
  otlp: officialExporters('logs', 'OTLPLogExporter'),
  console: 'ConsoleLogRecordExporter',
  maker: 'logRecordProcessorsFromEnv()',
  batch: 'BatchLogRecordProcessor',
  simple: 'SimpleLogRecordProcessor',
  isTaken: () => true,
  hand: (to, record, context) => to.onEmit?.(record, context),
  openPipeline: (env, lead) => new Pipeline(parseConfig('logs', {}, env), { lead, keep: snapshot }),
}

export const METRICS: Kind = {
  signal: 'metrics',
  records: 'metrics',
  packages: ['sdk-metrics'],
  otlp: officialExporters('metrics', 'OTLPMetricExporter'),
  console: 'ConsoleMetricExporter',
}

function officialExporters(short: string, exporter: string): Kind['otlp'] {
  const named = (protocol: string) => `@opentelemetry/exporter-${short}-otlp-${protocol}`
  return {
    packages: { 'http/protobuf': named('proto'), 'http/json': named('http'), grpc: named('grpc') },
    exporter,
  }
}
