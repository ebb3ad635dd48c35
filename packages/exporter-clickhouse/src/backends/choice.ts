import { SIGNALS } from '../config/signal.js'
import { exporterOf, exporterVariable } from '../config/sources/sdk-environment.js'
import { PREFIX } from '../config/variable-names.js'
import { backendOptionsOf } from './backend-options.js'
import type { Kind } from './kind.js'
import { type BackendName, choiceOfEnvironment } from './names.js'
import { warn } from './warn.js'

/** If one of these is set, the application wants ClickHouse. */
const CLICKHOUSE = ['ENDPOINT', 'DESTINATIONS', 'CONFIG_FILE'].map((name) => PREFIX + name)

/** What the environment asks for, and how problems with it are reported. */
export interface Asked {
  readonly names: readonly BackendName[]
  readonly decidedBy: string
  /** Warns that a backend cannot be opened. */
  onProblem(problem: string): void
  /** Warns if ClickHouse is configured, but no signal goes there, and another backend that could be opened gets this one. */
  doubtUnused(): void
}

/** Reads the variable of a signal. Warns of names that are unknown. */
export function askedFor({ signal }: Kind, env: NodeJS.ProcessEnv): Asked {
  const variable = exporterVariable(signal)
  const isAsked = exporterOf(signal, env)?.trim()
  const { names, problems, decidedBy } = choiceOfEnvironment(exporterOf(signal, env), signal)
  const { warnings } = backendOptionsOf(env)
  for (const problem of problems) warn(problem, warnings)
  const hint = names.includes('clickhouse') ? '' : `. Or set ${variable}=clickhouse`
  return {
    names,
    decidedBy,
    onProblem: (problem) => warn(`${problem}${hint}.`, warnings),
    doubtUnused() {
      const unused = isAsked || isUsed(env) ? undefined : CLICKHOUSE.find((name) => env[name])
      if (unused === undefined) return
      const text = `${unused} is set, but ${variable} is not, so ${signal} go to otlp. Set ${variable}=clickhouse, or otlp if that is meant.`
      warn(text, warnings, `${unused} is not used`) // once, not for each signal
    },
  }
}

function isUsed(env: NodeJS.ProcessEnv): boolean {
  return SIGNALS.some((signal) =>
    choiceOfEnvironment(exporterOf(signal, env), signal).names.includes('clickhouse'),
  )
}
