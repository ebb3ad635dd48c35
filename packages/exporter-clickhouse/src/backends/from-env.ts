import { diag } from '@opentelemetry/api'
import { warnEverybody } from '../telemetry/visible-warning.js'
import { choiceOfEnvironment } from './names.js'
import { open } from './open.js'
import { newSwitchable, type SwitchableSpanProcessor } from './switchable.js'

/**
 * The span processors that OTEL_TRACES_EXPORTER asks for: a list of `clickhouse`, `otlp`, `console` and `none`; unset means `otlp`.
 * ClickHouse is configured by OTEL_EXPORTER_CLICKHOUSE_*. Throws a ConfigError if ClickHouse is asked for and its configuration cannot be
 * used.
 */
export function spanProcessorsFromEnv(
  env: NodeJS.ProcessEnv = process.env,
): SwitchableSpanProcessor[] {
  const { names, problems, decidedBy } = choiceOfEnvironment(env['OTEL_TRACES_EXPORTER'])
  for (const problem of problems) warn(problem)
  const { backends } = open(names, [], { env, decidedBy })
  return [newSwitchable(backends, () => {}).processor]
}

function warn(text: string): void {
  try {
    diag.warn(`spanhouse: ${text}`)
  } catch {} // the application's logger may throw
  warnEverybody('SPANHOUSE_BACKENDS', text, text)
}
