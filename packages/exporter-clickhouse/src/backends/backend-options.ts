import { ConfigError } from '../common/errors.js'
import { parseConfig } from '../config/parse-config.js'

/** The options of the exporter that apply to every backend. */
export interface BackendOptions {
  readonly flushTimeoutMs: number
  readonly shutdownTimeoutMs: number
  readonly flushOnSignal: boolean
  /** Whether a line may be printed on stderr. */
  readonly warnings: boolean
}

const DEFAULT: BackendOptions = {
  flushTimeoutMs: 10_000,
  shutdownTimeoutMs: 10_000,
  flushOnSignal: false,
  warnings: true,
}

/** Reads them from the environment. Never throws a ConfigError. */
export function backendOptionsOf(env: NodeJS.ProcessEnv): BackendOptions {
  try {
    return parseConfig('traces', {}, env)
  } catch (error) {
    // The mistake is reported when ClickHouse is opened. Other backends work without it.
    if (error instanceof ConfigError) return DEFAULT
    throw error
  }
}
