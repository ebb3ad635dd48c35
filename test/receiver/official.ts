import { createRequire } from 'node:module'

export type Wire = 'proto' | 'http' | 'grpc'

const require = createRequire(new URL('../sdk2/package.json', import.meta.url))

interface OfSignal {
  readonly path: string
  readonly name: string
}

const SIGNALS: Readonly<Record<'trace' | 'logs' | 'metrics', OfSignal>> = {
  trace: { path: '/v1/traces', name: 'OTLPTraceExporter' },
  logs: { path: '/v1/logs', name: 'OTLPLogExporter' },
  metrics: { path: '/v1/metrics', name: 'OTLPMetricExporter' },
}

/** An exporter of OpenTelemetry's, of SDK 2. `http` is OTLP/JSON. */
export function officialExporter(
  signal: keyof typeof SIGNALS,
  wire: Wire,
  url: string,
  options: Readonly<Record<string, unknown>> = {},
): never {
  const { path, name } = SIGNALS[signal]
  const module = require(`@opentelemetry/exporter-${signal}-otlp-${wire}`)
  const to = wire === 'grpc' ? url : `${url}${path}`
  return new module[name]({ url: to, ...options }) as never
}
