import { diag } from '@opentelemetry/api'
import type { Backend } from './backend.js'
import { openClickHouse } from './clickhouse.js'
import { openConsole } from './console.js'
import { type BackendName, described } from './names.js'
import { openOtlp } from './otlp.js'

const OPENERS = { otlp: openOtlp, console: openConsole } as const

export interface Change {
  readonly names: readonly BackendName[]
  /** The present backends. Those that are also in `names` stay as they are. */
  readonly before: readonly Backend[]
  readonly env: NodeJS.ProcessEnv
  /** What decided the change, for the log. */
  readonly decidedBy: string
  /** Called with the reason if a backend cannot be opened. If it throws, nothing changes. */
  onProblem(problem: string): void
}

/**
 * Returns the backends after a change, and opens those that are missing. Logs one line that says where traces go and what decided it. Throws a ConfigError if ClickHouse has to be opened and its configuration cannot be used.
 */
export function open({ names, before, env, decidedBy, onProblem }: Change): readonly Backend[] {
  const backends = before.filter((one) => names.includes(one.name))
  const isMissing = (name: BackendName) =>
    names.includes(name) && !backends.some((one) => one.name === name)
  try {
    for (const name of ['otlp', 'console'] as const) {
      if (!isMissing(name)) continue
      const opened = OPENERS[name](env)
      if ('problem' in opened)
        onProblem(`no traces go to ${name} (${decidedBy}): ${opened.problem}`)
      else backends.push(opened)
    }
    // ClickHouse is opened last, because its log line also names the other backends.
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
