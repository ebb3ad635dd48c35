import { choiceOfEnvironment } from '../backends/names.js'
import { exporterOf } from '../config/sources/sdk-environment.js'

/**
 * Whether a signal beside traces is started: because its variable asks for it, because it follows traces, or not at all, because its variable
 * says `none` or is not set.
 */
export type Wish = 'asked' | 'follows' | 'none' | 'unset'

export interface OtherSignals {
  readonly metrics: Wish
  readonly logs: Wish
}

/**
 * A signal whose variable is not set follows traces if these go to OTLP: there is a receiver, and this register replaces that of the
 * auto-instrumentations without a loss. Otherwise it is off. OpenTelemetry's default would be OTLP, but where traces go only to ClickHouse
 * perhaps nobody listens there; and logs and metrics are many rows, which whoever asked for traces has not asked for.
 */
export function otherSignals(env: NodeJS.ProcessEnv): OtherSignals {
  const follows = choiceOfEnvironment(exporterOf('traces', env)).names.includes('otlp')
  const wish = (signal: 'metrics' | 'logs'): Wish => {
    const text = exporterOf(signal, env)?.trim()
    if (!text) return follows ? 'follows' : 'unset'
    return choiceOfEnvironment(text, signal).names.length > 0 ? 'asked' : 'none'
  }
  return { metrics: wish('metrics'), logs: wish('logs') }
}
