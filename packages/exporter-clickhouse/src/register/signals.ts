import { choiceOfEnvironment } from '../backends/names.js'

/** What the environment says about metrics and logs, for NodeSDK. */
export interface OtherSignals {
  readonly hasMetrics: boolean
  /** Metrics or logs may be sent. */
  readonly hasOthers: boolean
  /** Options of NodeSDK that switch off the signals that are not wanted. */
  readonly off: { readonly metricReaders?: []; readonly logRecordProcessors?: [] }
}

/**
 * NodeSDK decides about metrics and logs if their variable is set, or if traces go to OTLP: then there is a receiver, and this register
 * replaces that of the auto-instrumentations without a loss. Otherwise they are off: perhaps nobody listens where NodeSDK would send them.
 */
export function otherSignals(env: NodeJS.ProcessEnv): OtherSignals {
  const follows = choiceOfEnvironment(env['OTEL_TRACES_EXPORTER']).names.includes('otlp')
  const metrics = env['OTEL_METRICS_EXPORTER']?.trim()
  const logs = env['OTEL_LOGS_EXPORTER']?.trim()
  const hasMetrics = metrics ? metrics !== 'none' : follows
  const hasLogs = logs ? logs !== 'none' : follows
  return {
    hasMetrics,
    hasOthers: hasMetrics || hasLogs,
    off: {
      ...(!metrics && !follows && { metricReaders: [] }),
      ...(!logs && !follows && { logRecordProcessors: [] }),
    },
  }
}
