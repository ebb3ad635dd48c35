import type { OfResource } from '../pipeline/pending-resources.js'
import type { Backend } from './backend.js'
import type { RecordKind } from './kind.js'

/** ClickHouse, as the environment configures it. Its log line begins with `lead`. */
export function openClickHouse<Input extends OfResource>(
  kind: RecordKind<Input>,
  env: NodeJS.ProcessEnv,
  lead: string,
): Backend<Input> {
  const pipeline = kind.openPipeline(env, lead)
  return {
    name: 'clickhouse',
    accept(record) {
      if (kind.isTaken(record)) pipeline.accept(record)
    },
    flush: (timeoutMs) => pipeline.flush(timeoutMs),
    shutdown: () => pipeline.shutdown(),
  }
}
