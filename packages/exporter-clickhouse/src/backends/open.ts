import { diag } from '@opentelemetry/api'
import type { OfResource } from '../pipeline/pending-resources.js'
import type { Backend } from './backend.js'
import { openClickHouse } from './clickhouse.js'
import type { RecordKind } from './kind.js'
import { type BackendName, described } from './names.js'
import { openConsole, openOtlp } from './of-the-sdk.js'

const OPENERS = { otlp: openOtlp, console: openConsole } as const

export interface Change<Input> {
  readonly names: readonly BackendName[]
  /** The present backends. Those that are also in `names` stay as they are. */
  readonly before: readonly Backend<Input>[]
  readonly env: NodeJS.ProcessEnv
  /** What decided the change, for the log. */
  readonly decidedBy: string
  /** Called with the reason if a backend cannot be opened. If it throws, nothing changes. */
  onProblem(problem: string): void
}

/**
 * Returns the backends of a signal after a change, and opens those that are missing. Logs one line that says where the signal goes and what
 * decided it. Throws a ConfigError if ClickHouse has to be opened and its configuration cannot be used.
 */
export function open<Input extends OfResource>(
  kind: RecordKind<Input>,
  { names, before, env, decidedBy, onProblem }: Change<Input>,
): readonly Backend<Input>[] {
  const { signal } = kind
  const backends = before.filter((one) => names.includes(one.name))
  const isMissing = (name: BackendName) =>
    names.includes(name) && !backends.some((one) => one.name === name)
  try {
    for (const name of ['otlp', 'console'] as const) {
      if (!isMissing(name)) continue
      const opened = OPENERS[name](kind, env)
      if ('problem' in opened)
        onProblem(`no ${signal} go to ${name} (${decidedBy}): ${opened.problem}`)
      else backends.push(opened)
    }
    // ClickHouse is opened last, because its log line also names the other backends.
    const opened = names.filter((name) => name === 'clickhouse' || !isMissing(name))
    const line = `${described(signal, opened)} (${decidedBy})`
    if (isMissing('clickhouse')) backends.push(openClickHouse(kind, env, `${line}; `))
    else inform(line)
    return backends
  } catch (error) {
    for (const one of backends) if (!before.includes(one)) void one.shutdown()
    throw error
  }
}

export function inform(line: string): void {
  try {
    diag.info(`spanhouse: ${line}`)
  } catch {} // the application's logger may throw
}
