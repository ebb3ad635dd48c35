import { diag } from '@opentelemetry/api'
import type { Backend } from './backend.js'
import { openClickHouse } from './clickhouse.js'
import { openConsole } from './console.js'
import { type BackendName, described } from './names.js'
import { openOtlp } from './otlp.js'

const OF_THE_SDK = { otlp: openOtlp, console: openConsole } as const

export interface Change {
  readonly names: readonly BackendName[]
  /** The backends so far: those that are named stay as they are. */
  readonly before: readonly Backend[]
  readonly env: NodeJS.ProcessEnv
  /** What the log names as the reason. */
  readonly decidedBy: string
  /** Told why a backend cannot be opened. If it throws, nothing is changed. */
  onProblem(problem: string): void
}

/**
 * The backends after a change, for which those that are missing are opened. Logs one line that says what is configured and what decided
 * it. Throws a ConfigError if ClickHouse has to be opened and its configuration cannot be used.
 */
export function open({ names, before, env, decidedBy, onProblem }: Change): readonly Backend[] {
  const backends = before.filter((one) => names.includes(one.name))
  const isMissing = (name: BackendName) =>
    names.includes(name) && !backends.some((one) => one.name === name)
  try {
    for (const name of ['otlp', 'console'] as const) {
      if (!isMissing(name)) continue
      const opened = OF_THE_SDK[name](env)
      if ('problem' in opened)
        onProblem(`no traces go to ${name} (${decidedBy}): ${opened.problem}`)
      else backends.push(opened)
    }
    // ClickHouse is last, because its line in the log has what is configured and so names all backends.
    const opened = names.filter((name) => name === 'clickhouse' || !isMissing(name))
    const line = `${described(opened)} (${decidedBy})`
    if (isMissing('clickhouse')) backends.push(openClickHouse(env, `${line}; `))
    else inform(line)
    return backends
  } catch (error) {
    for (const one of backends) if (!before.includes(one)) void one.shutdown()
    throw error
  }
}

function inform(line: string): void {
  try {
    diag.info(`spanhouse: ${line}`)
  } catch {} // the application's logger may throw
}
