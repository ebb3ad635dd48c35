import { ConfigError } from '../common/errors.js'
import { parseConfig } from '../config/parse-config.js'
import type { Patience } from './sdk-backend.js'

const DEFAULT: Patience = {
  flushTimeoutMs: 10_000,
  shutdownTimeoutMs: 10_000,
  flushOnSignal: false,
  warnings: true,
}

/** The options of the exporter that apply to every backend. */
export function patienceOf(env: NodeJS.ProcessEnv): Patience {
  try {
    return parseConfig({}, env)
  } catch (error) {
    // It is reported where ClickHouse is configured. Other backends need not fail for it.
    if (error instanceof ConfigError) return DEFAULT
    throw error
  }
}
