import { choiceOfEnvironment } from '../backends/names.js'

/** What the environment says of the other signals, for NodeSDK. */
export interface OtherSignals {
  readonly hasMetrics: boolean
  /** Something beside traces may be sent. */
  readonly hasOthers: boolean
  /** Options that switch off what is not wanted. */
  readonly off: { readonly metricReaders?: []; readonly logRecordProcessors?: [] }
}

/**
 * Metrics and logs are as NodeSDK has them if their variable is set, or if traces go to OTLP: then there is a receiver, and this
 * register can take the place of the auto-instrumentations' own. Otherwise they are off: nobody may listen where NodeSDK would send them.
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
