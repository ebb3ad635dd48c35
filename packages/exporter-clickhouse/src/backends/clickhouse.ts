import { parseConfig } from '../config/parse-config.js'
import { Pipeline } from '../pipeline/pipeline.js'
import { isSampled } from '../traces/sampled.js'
import type { Backend } from './backend.js'

/** ClickHouse, as the environment configures it. Its log line begins with `lead`. */
export function openClickHouse(env: NodeJS.ProcessEnv, lead: string): Backend {
  const pipeline = new Pipeline(parseConfig('traces', {}, env), { lead })
  return {
    name: 'clickhouse',
    onEnd(span) {
      if (isSampled(span)) pipeline.accept(span)
    },
    flush: (timeoutMs) => pipeline.flush(timeoutMs),
    shutdown: () => pipeline.shutdown(),
  }
}
