import type { Signal } from '../config.js'

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const

export type OtlpProtocol = (typeof PROTOCOLS)[number]

/** The options of a BatchSpanProcessor or BatchLogRecordProcessor, by its own names. */
export interface BatchSettings {
  scheduledDelayMillis?: number
  exportTimeoutMillis?: number
  maxQueueSize?: number
  maxExportBatchSize?: number
}

/** What the variables of the OpenTelemetry SDK say about the OTLP exporter of a signal. The exporter reads its other variables itself. */
export interface OtlpEnvironment {
  readonly protocol: OtlpProtocol
  readonly batch: BatchSettings
  /** Variables that are ignored because they are invalid, as sentences. */
  readonly doubts: readonly string[]
}

/** When a PeriodicExportingMetricReader collects, by its own names. */
export interface ReaderSettings {
  exportIntervalMillis?: number
  exportTimeoutMillis?: number
}

interface NumericVariable {
  readonly option: string
  readonly least: number
  readonly unit: string
}

type NumericVariables = Readonly<Record<string, NumericVariable>>

function batchVariables(prefix: string, records: string): NumericVariables {
  return {
    [`${prefix}_SCHEDULE_DELAY`]: {
      option: 'scheduledDelayMillis',
      least: 0,
      unit: 'milliseconds',
    },
    [`${prefix}_EXPORT_TIMEOUT`]: { option: 'exportTimeoutMillis', least: 1, unit: 'milliseconds' },
    [`${prefix}_MAX_QUEUE_SIZE`]: { option: 'maxQueueSize', least: 1, unit: records },
    [`${prefix}_MAX_EXPORT_BATCH_SIZE`]: { option: 'maxExportBatchSize', least: 1, unit: records },
  }
}

const BATCH: Readonly<Record<Signal, NumericVariables>> = {
  traces: batchVariables('OTEL_BSP', 'spans'),
  logs: batchVariables('OTEL_BLRP', 'log records'),
  metrics: {},
}

const READER: NumericVariables = {
  OTEL_METRIC_EXPORT_INTERVAL: {
    option: 'exportIntervalMillis',
    least: 1,
    unit: 'milliseconds',
  },
  OTEL_METRIC_EXPORT_TIMEOUT: { option: 'exportTimeoutMillis', least: 1, unit: 'milliseconds' },
}

const MAX_NUMBER = 2 ** 31 - 1

/** The variable that says where a signal goes. */
export function exporterVariable(signal: Signal): string {
  return `OTEL_${signal.toUpperCase()}_EXPORTER`
}

/** The text of that variable. */
export function exporterOf(signal: Signal, env: NodeJS.ProcessEnv): string | undefined {
  return env[exporterVariable(signal)]
}

export function otlpEnvironment(signal: Signal, env: NodeJS.ProcessEnv): OtlpEnvironment {
  const doubts: string[] = []
  const batch = numbersIn(env, BATCH[signal], doubts)
  return { protocol: protocolOf(signal, env, doubts), batch, doubts }
}

/** What sdk-node reads for its metric reader: the reader itself reads no variables. */
export function readerEnvironment(env: NodeJS.ProcessEnv): {
  readonly reader: ReaderSettings
  readonly doubts: readonly string[]
} {
  const doubts: string[] = []
  const reader: ReaderSettings = numbersIn(env, READER, doubts)
  const { exportIntervalMillis = 60_000, exportTimeoutMillis = 30_000 } = reader
  if (exportTimeoutMillis > exportIntervalMillis) {
    // The reader throws if the timeout is longer than the interval.
    if (reader.exportTimeoutMillis !== undefined)
      doubts.push(
        `OTEL_METRIC_EXPORT_TIMEOUT (${exportTimeoutMillis} ms) is longer than OTEL_METRIC_EXPORT_INTERVAL (${exportIntervalMillis} ms), so the interval is the timeout too.`,
      )
    reader.exportTimeoutMillis = exportIntervalMillis
  }
  return { reader, doubts }
}

function numbersIn(
  env: NodeJS.ProcessEnv,
  variables: NumericVariables,
  doubts: string[],
): Record<string, number> {
  const numbers: Record<string, number> = {}
  for (const [variable, { option, least, unit }] of Object.entries(variables)) {
    const text = env[variable]?.trim()
    if (!text) continue
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= MAX_NUMBER) numbers[option] = value
    else
      doubts.push(
        `${variable} must be a whole number of ${unit}, at least ${least}, not ${shown(text)}. It is ignored, as if it were not set.`,
      )
  }
  return numbers
}

function protocolOf(signal: Signal, env: NodeJS.ProcessEnv, doubts: string[]): OtlpProtocol {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_PROTOCOL`
  for (const variable of [own, 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const text = env[variable]?.trim().toLowerCase()
    if (!text) continue
    const protocol = PROTOCOLS.find((known) => known === text)
    if (protocol) return protocol
    doubts.push(
      `${variable} must be ${PROTOCOLS.join(', ')}, not ${shown(text)}. It is ignored, as if it were not set.`,
    )
  }
  return 'http/protobuf'
}

// A longer text may be a secret, pasted by mistake.
function shown(text: string): string {
  return /^[\w./-]{1,20}$/.test(text) ? `\`${text}\`` : 'what it holds'
}
