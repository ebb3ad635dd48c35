const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const

export type OtlpProtocol = (typeof PROTOCOLS)[number]

/** The options of a BatchSpanProcessor, by its own names. */
export interface BatchSettings {
  scheduledDelayMillis?: number
  exportTimeoutMillis?: number
  maxQueueSize?: number
  maxExportBatchSize?: number
}

/** What the variables of the OpenTelemetry SDK say about the OTLP exporter for traces. The exporter reads its other variables itself. */
export interface OtlpEnvironment {
  readonly protocol: OtlpProtocol
  readonly batch: BatchSettings
  /** Variables that are ignored because they are invalid, as sentences. */
  readonly doubts: readonly string[]
}

interface BatchVariable {
  readonly option: keyof BatchSettings
  readonly least: number
  readonly unit: string
}

const BATCH: Readonly<Record<string, BatchVariable>> = {
  OTEL_BSP_SCHEDULE_DELAY: { option: 'scheduledDelayMillis', least: 0, unit: 'milliseconds' },
  OTEL_BSP_EXPORT_TIMEOUT: { option: 'exportTimeoutMillis', least: 1, unit: 'milliseconds' },
  OTEL_BSP_MAX_QUEUE_SIZE: { option: 'maxQueueSize', least: 1, unit: 'spans' },
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: { option: 'maxExportBatchSize', least: 1, unit: 'spans' },
}

const MAX_NUMBER = 2 ** 31 - 1

/** The text of OTEL_TRACES_EXPORTER. */
export function tracesExporterOf(env: NodeJS.ProcessEnv): string | undefined {
  return env['OTEL_TRACES_EXPORTER']
}

export function otlpEnvironment(env: NodeJS.ProcessEnv): OtlpEnvironment {
  const doubts: string[] = []
  const batch: BatchSettings = {}
  for (const [variable, { option, least, unit }] of Object.entries(BATCH)) {
    const text = env[variable]?.trim()
    if (!text) continue
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= MAX_NUMBER) batch[option] = value
    else
      doubts.push(
        `${variable} must be a whole number of ${unit}, at least ${least}, not ${shown(text)}. It is ignored, as if it were not set.`,
      )
  }
  return { protocol: protocolOf(env, doubts), batch, doubts }
}

function protocolOf(env: NodeJS.ProcessEnv, doubts: string[]): OtlpProtocol {
  for (const variable of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
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
