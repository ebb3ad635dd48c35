import { diag } from '@opentelemetry/api'
import type { Backend } from './backend.js'
import { openClickHouse } from './clickhouse.js'
import { type BackendName, described } from './names.js'

type Open = (env: NodeJS.ProcessEnv, lead: string) => Backend

const OPEN: { readonly [Name in BackendName]?: Open } = {
  clickhouse: openClickHouse,
}

/** The backends after a change: those of `kept`, and the others opened. */
export interface Opened {
  readonly backends: readonly Backend[]
  /** Why a backend could not be opened. */
  readonly problems: readonly string[]
}

/**
 * Opens the backends that are not among `kept` yet, and logs one line with what is configured and what decided it. Throws a ConfigError
 * if ClickHouse is among them and its configuration cannot be used.
 */
export function open(
  names: readonly BackendName[],
  kept: readonly Backend[],
  { env, decidedBy }: { env: NodeJS.ProcessEnv; decidedBy: string },
): Opened {
  const line = `${described(names)} (${decidedBy})`
  const problems: string[] = []
  const backends: Backend[] = []
  let isLogged = false
  for (const name of names) {
    const before = kept.find((one) => one.name === name)
    if (before) {
      backends.push(before)
      continue
    }
    const opened = OPEN[name]?.(env, `${line}; `)
    if (name === 'clickhouse') isLogged = true // by its pipeline
    if (opened) backends.push(opened)
  }
  if (!isLogged) {
    try {
      diag.info(`spanhouse: ${line}`)
    } catch {} // the application's logger may throw
  }
  return { backends, problems }
}
